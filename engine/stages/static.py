"""Static stage: a still scene under the text-to-image model, several random cameras a step (MAV3D, section 3.3)."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.config.quality import StageSettings
from engine.guidance.load import Guidance
from engine.guidance.text.prompts import EncodedPrompt
from engine.stages.train_state import Scene
from engine.stages.train_step import Metrics, distil_view
from engine.stages.viewing import draw_view

# The time planes are zero in this stage, so that any time will do.
ANY_TIME = (0.5,)
# A picture pulls fully after this share of the stage: before there is a body to shape, it would fill its outline anywhere along
# the line of sight, and what is behind the body later stays there unseen.
PICTURE_AFTER = 0.25


def static_step(
    scene: Scene, guidance: Guidance, prompt: EncodedPrompt, settings: StageSettings, progress: float
) -> Metrics:
    """One optimisation step; `progress` in [0, 1] of the stage."""
    settings = replace(settings, reference=settings.reference * min(1.0, progress / PICTURE_AFTER))
    view = draw_view(scene, guidance, settings, torch.tensor(ANY_TIME, device=scene.device))

    def gradient(images: torch.Tensor) -> torch.Tensor:
        return guidance.gradient(images, prompt, view.cameras, progress, scene.generator, background=view.background)

    return distil_view(scene, view, gradient, settings)
