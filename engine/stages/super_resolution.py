"""Super-resolution stage: detail under the upscaler, conditioned on the low-resolution render (MAV3D's SRFT).

SDS-T is kept on beside it, because super-resolution alone loses the text.
"""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from engine.config.quality import StageSettings
from engine.guidance.load import Guidance
from engine.guidance.text.prompts import EncodedPrompt
from engine.stages.train_state import Scene
from engine.stages.train_step import Metrics, distil_view
from engine.stages.viewing import draw_times, draw_view


def super_resolution_step(
    scene: Scene,
    upscaler: Guidance,
    upscaler_prompt: EncodedPrompt,
    video: Guidance,
    video_prompt: EncodedPrompt,
    settings: StageSettings,
    progress: float,
    times: torch.Tensor,
    low_size: int,
) -> Metrics:
    """One optimisation step over high-resolution clips; the video model sees them at `low_size` pixels."""
    times = draw_times(scene, settings, times)
    view = draw_view(scene, upscaler, settings, times)
    known = {"background": view.background, "times": times}

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        factor = settings.size // low_size
        low = avg_pool2d(clips.flatten(0, 1), factor).unflatten(0, clips.shape[:2])
        high_gradient = upscaler.gradient(clips, upscaler_prompt, view.cameras, progress, scene.generator, low, **known)
        low_gradient = video.gradient(low, video_prompt, view.cameras, progress, scene.generator, **known)
        # The transpose of average pooling spreads a pixel's gradient evenly over its block.
        spread = interpolate(low_gradient.flatten(0, 1), scale_factor=factor).unflatten(0, clips.shape[:2])
        return high_gradient + spread

    return distil_view(scene, view, gradient, settings, scene.occupancy.at(times))
