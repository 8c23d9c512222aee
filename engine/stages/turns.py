"""Whole turns, tried out: a turn can't be reached by following the gradient.

Half a turn away from where the model wants a body, every small turn makes things worse before it makes them better, so a
spinning thing would rock to and fro, or tumble. No turn and one turn each way about the vertical are therefore shown to
the model, from the same cameras and under the same noise; the clip that it would change least is the one it wants. This is
asked before anything moves: rocking soon explains so much of a turn that the two come close.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from engine.config.stage import StageConfig
from engine.guidance.load import LoadedGuidance
from engine.scene.occupancy import Occupancy
from engine.scene.render import render
from engine.stages.train_state import TrainState
from engine.stages.viewing import draw_view

# As many cameras as cost what CAMERAS do at SIZE pixels.
CAMERAS, SIZE = 6, 32
# How far the stage's noise is annealed when the model is asked: early, where words decide.
PROGRESS = 0.1
# A turn must lower the gradient by this share, or nothing turns. Measured with the built-in models at six objects: 0.26 to 0.66
# where the prompt says spinning, at most 0.06 where it does not.
ENOUGH = 0.15


@torch.no_grad()
def try_turns(state: TrainState, video: LoadedGuidance, config: StageConfig, times: Tensor) -> int:
    """Puts a turn about Z into a trajectory at rest if the video model wants one: 1 (counter-clockwise), -1 or 0 turns,
    returned."""
    cameras = max(2, round(CAMERAS * (SIZE / config.size) ** 2))
    still = replace(config, cameras=cameras, camera=replace(config.camera, moving=0.0, scattered=False), empty_sample_prob=0.0)
    # Every rank looks at all of it, and comes to the same answer.
    view = replace(draw_view(state, video, still, times), portion=None)
    rotation = state.field.trajectory.rotation
    before = state.generator.get_state()
    tried, sizes = {}, {}
    for turns in (0, 1, -1):
        rotation[:, 2] = 2 * math.pi * turns * (torch.arange(len(rotation)) + 0.5) / len(rotation)
        tried[turns] = rotation[:, 2].clone(), Occupancy(state.occupancy.resolution)
        tried[turns][1].update(state.field, times)
        clips = render(state.field, tried[turns][1], view)[0]
        state.generator.set_state(before)
        gradient = video.guidance.gradient(
            clips, video.prompt, view.cameras, PROGRESS, state.generator, background=view.background, times=times
        )
        sizes[turns] = float(gradient.square().mean().sqrt())
    best = wanted_turn(sizes)
    yaw, state.occupancy = tried[best]
    rotation[:, 2] = yaw
    return best


def wanted_turn(sizes: dict[int, float]) -> int:
    """1, -1 or 0 from the root mean square of the model's gradient at clips of so many turns."""
    best = min(sizes, key=sizes.get)
    return best if sizes[best] < (1 - ENOUGH) * sizes[0] else 0
