"""Dynamic stage: motion under the text-to-video model by temporal score distillation (MAV3D, section 3.3)."""

from __future__ import annotations

import torch

from engine.guidance.prompts import EncodedPrompt
from engine.guidance.video import ClipGuidance
from engine.scene.cameras import random_cameras
from engine.scene.render import View, random_backgrounds
from engine.settings import StageSettings
from engine.stages.optimise import Metrics, distil_view
from engine.stages.scene import Scene


def dynamic_step(
    scene: Scene, guidance: ClipGuidance, prompt: EncodedPrompt, settings: StageSettings, progress: float, times: torch.Tensor
) -> Metrics:
    """One optimisation step over clips at `times` [frames]; `progress` in [0, 1] of the stage."""
    cameras = random_cameras(settings.cameras, scene.generator, guidance.elevation, guidance.fov)
    view = View(
        cameras, times, settings.size, settings.samples,
        random_backgrounds(settings.cameras, scene.generator), scene.random_seed(), settings.explore,
    )  # fmt: skip

    def gradient(clips: torch.Tensor) -> torch.Tensor:
        return guidance.gradient(clips, prompt, cameras, progress, scene.generator, background=view.background)

    return distil_view(scene, view, gradient, settings)
