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

from engine.config.quality import StageSettings
from engine.guidance.load import Guidance
from engine.guidance.text.prompts import EncodedPrompt
from engine.scene.occupancy import Occupancy
from engine.scene.render import render
from engine.stages.train_state import Scene
from engine.stages.viewing import draw_view

CAMERAS = 6
# How far the stage's noise is annealed when the model is asked: early, where words decide.
PROGRESS = 0.1
# A turn must lower the pull by this share, or nothing turns. Measured with the built-in models at six objects: 0.26 to 0.66
# where the prompt says spinning, at most 0.06 where it does not.
ENOUGH = 0.15


@torch.no_grad()
def try_turns(
    scene: Scene, guidance: Guidance, prompt: EncodedPrompt, settings: StageSettings, times: Tensor
) -> int:
    """Puts a turn about Z into a trajectory at rest if the model wants one: 1 (counter-clockwise), -1 or 0 turns, returned."""
    still = replace(settings, cameras=CAMERAS, look=replace(settings.look, moving=0.0), explore=0.0)
    view = draw_view(scene, guidance, still, times)
    rotation = scene.field.trajectory.rotation
    before = scene.generator.get_state()
    tried, pulls = {}, {}
    for turns in (0, 1, -1):
        rotation[:, 2] = 2 * math.pi * turns * (torch.arange(len(rotation)) + 0.5) / len(rotation)
        tried[turns] = rotation[:, 2].clone(), Occupancy(scene.occupancy.resolution)
        tried[turns][1].update(scene.field, times)
        clips = render(scene.field, tried[turns][1], view)[0]
        scene.generator.set_state(before)
        pull = guidance.gradient(
            clips, prompt, view.cameras, PROGRESS, scene.generator, background=view.background, times=times
        )
        pulls[turns] = float(pull.square().mean().sqrt())
    best = wanted_turn(pulls)
    yaw, scene.occupancy = tried[best]
    rotation[:, 2] = yaw
    return best


def wanted_turn(pulls: dict[int, float]) -> int:
    """1, -1 or 0 from the root mean square of the model's gradient at clips of so many turns."""
    best = min(pulls, key=pulls.get)
    return best if pulls[best] < (1 - ENOUGH) * pulls[0] else 0
