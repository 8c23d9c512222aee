"""Super-resolution stage: detail under the upscaler, conditioned on the low-resolution render (MAV3D's SRFT).

SDS-T is kept on beside it, because super-resolution alone loses the text.
"""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from engine.config.stage import StageConfig
from engine.guidance.load import LoadedGuidance
from engine.stages.train_state import TrainState
from engine.stages.train_step import Metrics, train_step
from engine.stages.viewing import draw_times, draw_view


def super_resolution_step(
    state: TrainState,
    upscaler: LoadedGuidance,
    beside: LoadedGuidance,
    config: StageConfig,
    progress: float,
    times: torch.Tensor,
    low_size: int,
) -> Metrics:
    """One optimisation step over high-resolution clips at `times` [frames].

    beside: the model that holds the scene to the text, which sees the clips at `low_size` pixels. progress: of the stage.
    """
    times = draw_times(state, config, times)
    view = draw_view(state, upscaler, config, times)
    factor = config.size // low_size

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        low = avg_pool2d(clips.flatten(0, 1), factor).unflatten(0, clips.shape[:2])
        given = (view.own_cameras, progress, state.generator)
        known = {"background": view.own_background, "times": times}
        high_gradient = upscaler.guidance.gradient(clips, upscaler.prompt, *given, **known, low_resolution=low)
        low_gradient = beside.guidance.gradient(low, beside.prompt, *given, **known)
        # A low pixel's whole gradient goes to each pixel of its block: factor² times the transpose of average pooling, so that
        # the two gradients are of one size whatever the factor.
        spread = interpolate(low_gradient.flatten(0, 1), scale_factor=factor).unflatten(0, clips.shape[:2])
        return high_gradient + spread

    return train_step(state, view, gradient, config, state.occupancy.at(times))
