"""Static stage: a still scene under the text-to-image model, several random cameras a step (MAV3D, section 3.3)."""

from __future__ import annotations

import torch

from engine.guidance.prompts import EncodedPrompt
from engine.guidance.teacher import Guidance
from engine.settings import StageSettings
from engine.stages.optimise import Metrics, distil_view
from engine.stages.scene import Scene
from engine.stages.viewing import draw_view

# The time planes are zero in this stage, so that any time will do.
ANY_TIME = (0.5,)


def static_step(
    scene: Scene, guidance: Guidance, prompt: EncodedPrompt, settings: StageSettings, progress: float
) -> Metrics:
    """One optimisation step; `progress` in [0, 1] of the stage."""
    view = draw_view(scene, guidance, settings, torch.tensor(ANY_TIME, device=scene.device))

    def gradient(images: torch.Tensor) -> torch.Tensor:
        return guidance.gradient(images, prompt, view.cameras, progress, scene.generator, background=view.background)

    return distil_view(scene, view, gradient, settings)
