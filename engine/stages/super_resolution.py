"""Super-resolution stage: detail under the upscaler, conditioned on the low-resolution render (MAV3D's SRFT).

SDS-T is kept on beside it, because super-resolution alone loses the text.
"""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from engine.guidance.prompts import EncodedPrompt
from engine.guidance.video import ClipGuidance
from engine.scene.cameras import random_cameras
from engine.scene.render import View, random_backgrounds
from engine.settings import StageSettings
from engine.stages.optimise import Metrics, distil_view
from engine.stages.scene import Scene


def super_resolution_step(
    scene: Scene,
    upscaler: ClipGuidance,
    upscaler_prompt: EncodedPrompt,
    video: ClipGuidance,
    video_prompt: EncodedPrompt,
    settings: StageSettings,
    progress: float,
    times: torch.Tensor,
    low_size: int,
) -> Metrics:
    """One optimisation step over high-resolution clips; the video model sees them at `low_size` pixels."""
    cameras = random_cameras(settings.cameras, scene.generator, upscaler.elevation, upscaler.fov)
    view = View(
        cameras, times, settings.size, settings.samples,
        random_backgrounds(settings.cameras, scene.generator), scene.random_seed(), settings.explore,
    )  # fmt: skip

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        factor = settings.size // low_size
        low = avg_pool2d(clips.flatten(0, 1), factor).unflatten(0, clips.shape[:2])
        high_gradient = upscaler.gradient(
            clips, upscaler_prompt, cameras, progress, scene.generator, low, background=view.background
        )
        low_gradient = video.gradient(
            low, video_prompt, cameras, progress, scene.generator, background=view.background
        )
        # The transpose of average pooling spreads a pixel's gradient evenly over its block.
        spread = interpolate(low_gradient.flatten(0, 1), scale_factor=factor).unflatten(0, clips.shape[:2])
        return high_gradient + spread

    return distil_view(scene, view, gradient, settings)
