"""Static stage: a still scene under the text-to-image model, several random cameras a step (MAV3D, section 3.3)."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.config.stage import StageConfig
from engine.guidance.load import LoadedGuidance
from engine.stages.train_state import TrainState
from engine.stages.train_step import Metrics, train_step
from engine.stages.viewing import draw_view

# The time planes are zero in this stage, so that any time will do.
ANY_TIME = (0.5,)
# A reference image pulls fully after this share of the stage: before there is a body to shape, it would fill its outline
# anywhere along the line of sight, and what is behind the body later stays there unseen.
REFERENCE_AFTER = 0.25


def static_step(state: TrainState, image: LoadedGuidance, config: StageConfig, progress: float) -> Metrics:
    """One optimisation step. image: the image model. progress: of the stage, in [0, 1]."""
    config = replace(config, reference=config.reference * min(1.0, progress / REFERENCE_AFTER))
    view = draw_view(state, image, config, torch.tensor(ANY_TIME, device=state.device))

    def gradient(images: torch.Tensor) -> torch.Tensor:
        return image.guidance.gradient(
            images, image.prompt, view.own_cameras, progress, state.generator, background=view.own_background
        )

    return train_step(state, view, gradient, config)
