"""Whole turns, tried out: a turn can't be reached by following the gradient.

Half a turn away from where the model wants a body, every small turn makes things worse before it makes them better, so a
spinning thing would rock to and fro. One turn each way about the vertical is therefore shown to the model, from the same
cameras and under the same noise, and the pulls compared.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.guidance.prompts import EncodedPrompt
from engine.guidance.video import ClipGuidance
from engine.scene.cameras import random_cameras
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, random_backgrounds, render
from engine.settings import StageSettings
from engine.stages.scene import Scene

CAMERAS = 12
# How far the stage's noise is annealed when the model is asked: early, where words decide.
PROGRESS = 0.1
# A model that is unsure of a turn moves its mean only a part of the way.
ENOUGH = 0.15


@torch.no_grad()
def try_turns(
    scene: Scene, guidance: ClipGuidance, prompt: EncodedPrompt, settings: StageSettings, times: Tensor
) -> int:
    """Puts a turn about Z into the trajectory if the model wants one: 1 (counter-clockwise), -1 or 0 turns, returned."""
    cameras = random_cameras(CAMERAS, scene.generator, guidance.elevation, guidance.fov)
    background, seed = random_backgrounds(CAMERAS, scene.generator), scene.random_seed()
    view = View(cameras, times, settings.size, settings.samples, background, seed)
    rotation = scene.field.trajectory.rotation
    start, before = rotation.detach().clone(), scene.generator.get_state()
    clips, pulls, tried = {}, {}, {}
    for turns in (1, -1):
        # A turn takes the place of what rocking there is about the vertical.
        rotation[:, 2] = 2 * math.pi * turns * (torch.arange(len(rotation)) + 0.5) / len(rotation)
        tried[turns] = rotation.clone(), Occupancy(scene.occupancy.resolution)
        tried[turns][1].update(scene.field, times)
        clips[turns] = render(scene.field, tried[turns][1], view)[0]
        scene.generator.set_state(before)
        pulls[turns] = guidance.gradient(clips[turns], prompt, cameras, PROGRESS, scene.generator, background=background)
    best = wanted_turn(clips[1], clips[-1], pulls[1], pulls[-1])
    rotation.copy_(start)
    if best:
        rotation.copy_(tried[best][0])
        scene.occupancy = tried[best][1]
    return best


def wanted_turn(ahead: Tensor, back: Tensor, pull_ahead: Tensor, pull_back: Tensor) -> int:
    """1, -1 or 0 from the clips of a turn each way and the gradients at them, all of one shape.

    On the line from one clip to the other the model's mean lies at `leaning`: 1 at the turn ahead, -1 at the turn back, and
    near 0 where it wants neither, however blurred it is, since blur is the same for both.
    """
    line = ahead - back
    stiffness = ((pull_ahead - pull_back) * line).sum()
    leaning = float(-((pull_ahead + pull_back) * line).sum() / stiffness.clamp(min=1e-12))
    return 0 if abs(leaning) < ENOUGH else int(math.copysign(1, leaning))
