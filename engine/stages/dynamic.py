"""Dynamic stage: motion under the text-to-video model by temporal score distillation (SDS-T; MAV3D, section 3.3), and the look
of what moves under the text-to-image model, where a stage asks that as well."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.config.stage import StageConfig
from engine.guidance.load import LoadedGuidance
from engine.stages.train_state import TrainState
from engine.stages.train_step import Metrics, train_step
from engine.stages.viewing import draw_times, draw_view


def dynamic_step(
    state: TrainState, video: LoadedGuidance, config: StageConfig, progress: float, times: torch.Tensor
) -> Metrics:
    """One optimisation step over clips at `times` [frames], or as many within a part of the clip if `config` has it so.

    video: the video model. progress: of the stage, in [0, 1].
    """
    times = draw_times(state, config, times)
    view = draw_view(state, video, config, times)

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        return video.guidance.gradient(
            clips, video.prompt, view.own_cameras, progress, state.generator, background=view.own_background, times=times
        )

    return train_step(state, view, gradient, config, state.occupancy.at(times))


def still_step(state: TrainState, image: LoadedGuidance, config: StageConfig, progress: float, times: torch.Tensor) -> Metrics:
    """One optimisation step over stills of one of `times` [frames], drawn at random, from still cameras (4D-fy, section 3.3).

    image: the image model. progress: of the stage, in [0, 1]. The metrics have no motion, which a still does not show.
    """
    config = replace(config, cameras=config.image_cameras)
    moment = times[int(torch.randint(len(times), (1,), generator=state.generator))][None]
    view = draw_view(state, image, config, moment)

    def gradient(images: torch.Tensor) -> torch.Tensor:
        return image.guidance.gradient(
            images, image.prompt, view.own_cameras, progress, state.generator, background=view.own_background, times=moment
        )

    metrics = train_step(state, view, gradient, config, state.occupancy.at(moment))
    del metrics["motion"]
    return metrics
