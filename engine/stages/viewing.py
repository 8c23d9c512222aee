"""What one step looks at: cameras, moments and backgrounds, drawn as a stage's config says."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.config.stage import CameraConfig, StageConfig
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.scene.cameras import Cameras, moving_cameras, random_cameras, ring_cameras, scattered_cameras
from engine.scene.render import View, random_backgrounds
from engine.stages.train_state import TrainState


def draw_view(state: TrainState, model: LoadedGuidance, config: StageConfig, times: Tensor) -> View:
    """A view at `times` [frames] in [0, 1], of which a rank renders its portion; all draws come from the scene's generator."""
    cameras = draw_cameras(state, model.guidance, config, len(times))
    if (mount := model.guidance.mount(model.prompt, times)) is not None:
        cameras = cameras.follow(mount)
    cameras = cameras.to(state.device)
    # Views that are judged together lie before one background, as one object's do.
    views = model.guidance.views_per_batch
    background = random_backgrounds(-(-config.cameras // views), state.generator, config.coloured_backgrounds)
    background = background.repeat_interleave(views, 0)[: config.cameras].to(state.device)
    portion = None if state.share.size == 1 else state.share.portion(config.cameras, views)
    seed = state.random_seed()
    return View(cameras, times, config.size, config.samples, background, seed, config.empty_sample_prob, portion=portion)


def draw_cameras(state: TrainState, guidance: Guidance, config: StageConfig, frames: int) -> Cameras:
    """Still or moving cameras; the model's own elevation and field of view where the config leaves them open."""
    camera = config.camera
    elevation, fov = camera.elevation or guidance.elevation, camera.fov or guidance.fov
    if guidance.views_per_batch > 1 and camera.azimuth == CameraConfig.azimuth:
        return ring_cameras(config.cameras, guidance.views_per_batch, state.generator, elevation, fov)
    if camera.scattered and frames > 1:
        return scattered_cameras(config.cameras, frames, state.generator, elevation, fov, camera.azimuth)
    cameras = random_cameras(config.cameras, state.generator, elevation, fov, camera.azimuth)
    if frames == 1 or not camera.moving or float(torch.rand(1, generator=state.generator)) >= camera.moving:
        return cameras
    return moving_cameras(cameras, frames, camera.swing, elevation, state.generator)


def draw_times(state: TrainState, config: StageConfig, times: Tensor) -> Tensor:
    """As many moments as `times`, evenly over a random part of the clip; `times` themselves where that is all of it."""
    low, high = config.clip_fraction
    if low == high == 1:
        return times
    share, place = torch.rand(2, generator=state.generator)
    fraction = low + (high - low) * share
    moments = (1 - fraction) * place + fraction * (torch.arange(len(times)) + 0.5) / len(times)
    return moments.to(times)
