"""Dynamic stage: motion under the text-to-video model by temporal score distillation (MAV3D, section 3.3)."""

from __future__ import annotations

import torch

from engine.config.quality import StageSettings
from engine.guidance.load import Guidance
from engine.guidance.text.prompts import EncodedPrompt
from engine.stages.train_state import Scene
from engine.stages.train_step import Metrics, distil_view
from engine.stages.viewing import draw_times, draw_view


def dynamic_step(
    scene: Scene, guidance: Guidance, prompt: EncodedPrompt, settings: StageSettings, progress: float, times: torch.Tensor
) -> Metrics:
    """One optimisation step over clips at `times` [frames], or as many within a part of the clip if the settings have it so;
    `progress` in [0, 1] of the stage."""
    times = draw_times(scene, settings, times)
    view = draw_view(scene, guidance, settings, times)

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        return guidance.gradient(
            clips, prompt, view.cameras, progress, scene.generator, background=view.background, times=times
        )

    return distil_view(scene, view, gradient, settings, scene.occupancy.at(times))
