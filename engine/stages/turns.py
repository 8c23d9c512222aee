"""Whole turns, tried out: a turn can't be reached by following the gradient.

Half a turn away from where the model wants a body, every small turn makes things worse before it makes them better, so a
spinning thing would rock to and fro. A few turns about the vertical are tried from the same cameras and under the same
noise, and the one that the model changes least is kept: by the reasoning of a diffusion classifier (Li et al., ICCV 2023)
the likeliest.
"""

from __future__ import annotations

import math

import torch

from engine.guidance.prompts import EncodedPrompt
from engine.guidance.video import ClipGuidance
from engine.scene.cameras import random_cameras
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, random_backgrounds, render
from engine.settings import StageSettings
from engine.stages.scene import Scene

TURNS = (0, 1, -1)
CAMERAS = 4
# Noise as halfway through the stage: enough to leave the motion open, not so much that the clip can't be seen.
PROGRESS = 0.5


@torch.no_grad()
def try_turns(
    scene: Scene, guidance: ClipGuidance, prompt: EncodedPrompt, settings: StageSettings, times: torch.Tensor
) -> int:
    """Adds to the trajectory's rotation the number of turns about Z over the clip that the model likes best, and returns it."""
    cameras = random_cameras(CAMERAS, scene.generator, guidance.elevation, guidance.fov)
    view = View(
        cameras, times, settings.size, settings.samples, random_backgrounds(CAMERAS, scene.generator), scene.random_seed()
    )
    rotation = scene.field.trajectory.rotation
    start, before = rotation.detach().clone(), scene.generator.get_state()
    moments = (torch.arange(len(rotation)) + 0.5) / len(rotation)
    best, least, occupancy = 0, math.inf, scene.occupancy
    for turns in TURNS:
        rotation.copy_(start)
        if turns:
            # A turn takes the place of what rocking there is about the vertical.
            rotation[:, 2] = 2 * math.pi * turns * moments
        trial = Occupancy(scene.occupancy.resolution)
        trial.update(scene.field, times)
        clips, _ = render(scene.field, trial, view)
        scene.generator.set_state(before)
        change = guidance.gradient(clips, prompt, cameras, PROGRESS, scene.generator, background=view.background)
        size = float(change.square().mean())
        if size < least:
            best, least, occupancy, kept = turns, size, trial, rotation.clone()
    rotation.copy_(kept)
    scene.occupancy = occupancy
    return best
