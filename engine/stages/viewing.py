"""What one step looks at: cameras, moments and backgrounds, drawn as a stage's settings say."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.config.quality import CameraSettings, StageSettings
from engine.guidance.load import Guidance
from engine.scene.cameras import Cameras, moving_cameras, random_cameras, ring_cameras
from engine.scene.render import View, random_backgrounds
from engine.stages.train_state import Scene


def draw_view(scene: Scene, guidance: Guidance, settings: StageSettings, times: Tensor) -> View:
    """A view at `times` [frames] in [0, 1]; all draws come from the scene's generator."""
    cameras = draw_cameras(scene, guidance, settings, len(times)).to(scene.device)
    background = random_backgrounds(settings.cameras, scene.generator, settings.coloured).to(scene.device)
    return View(cameras, times, settings.size, settings.samples, background, scene.random_seed(), settings.explore)


def draw_cameras(scene: Scene, guidance: Guidance, settings: StageSettings, frames: int) -> Cameras:
    """Still or moving cameras; the model's own elevation and field of view where the settings leave them open."""
    look = settings.look
    elevation, fov = look.elevation or guidance.elevation, look.fov or guidance.fov
    if guidance.together > 1 and look.azimuth == CameraSettings.azimuth:
        return ring_cameras(settings.cameras, guidance.together, scene.generator, elevation, fov)
    cameras = random_cameras(settings.cameras, scene.generator, elevation, fov, look.azimuth)
    if frames == 1 or not look.moving or float(torch.rand(1, generator=scene.generator)) >= look.moving:
        return cameras
    return moving_cameras(cameras, frames, look.swing, elevation, scene.generator)


def draw_times(scene: Scene, settings: StageSettings, times: Tensor) -> Tensor:
    """As many moments as `times`, evenly over a random part of the clip; `times` themselves where that is all of it."""
    low, high = settings.span
    if low == high == 1:
        return times
    share, place = torch.rand(2, generator=scene.generator)
    span = low + (high - low) * share
    moments = (1 - span) * place + span * (torch.arange(len(times)) + 0.5) / len(times)
    return moments.to(times)
