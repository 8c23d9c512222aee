"""Guidance by a text-to-video model: temporal score distillation (SDS-T; MAV3D, section 3)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.quality import Distillation
from engine.contract.errors import ModelError
from engine.guidance.precision import mixed_precision
from engine.guidance.sds import DiffusionSchedule, distil
from engine.guidance.text.prompts import EncodedPrompt
from engine.models.clip_denoiser import ClipDenoiser
from engine.scene.cameras import Cameras


class ClipGuidance:
    """A denoiser of whole clips that understands the camera: every frame of a clip is judged together."""

    # Its cameras need not stand in any order.
    together = 1
    # What the built-in models were measured best with.
    guidance_scale = 1.0

    def __init__(self, components: dict[str, Any], distillation: Distillation) -> None:
        missing = [name for name in ("unet", "pose_encoder", "scheduler") if name not in components]
        if not missing and components["pose_encoder"].config.moves and "motion_encoder" not in components:
            missing = ["motion_encoder"]
        if missing:
            raise ModelError(f"This model lacks {' and '.join(missing)}, which clip guidance needs. Choose another model.")
        self.denoiser = ClipDenoiser(
            components["unet"], components["pose_encoder"], components["scheduler"], components.get("motion_encoder")
        )
        self.denoiser.unet.to(memory_format=torch.channels_last)
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.distillation = distillation

    @property
    def fov(self) -> float:
        """The vertical field of view the model was trained with, radians."""
        return self.denoiser.pose_encoder.config.fov

    @property
    def elevation(self) -> tuple[float, float]:
        """The range of elevations the model was trained with, radians."""
        config = self.denoiser.pose_encoder.config
        return config.elevation_low, config.elevation_high

    def gradient(
        self,
        frames: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        step: float,
        generator: torch.Generator,
        low_resolution: Tensor | None = None,
        *,
        background: Tensor,
        times: Tensor | None = None,
    ) -> Tensor:
        """frames [cameras, frames, 3, size, size] in [0, 1] -> gradient of that shape; `step` in [0, 1] of the stage.

        low_resolution: the clips at the lower resolution an upscaler is conditioned on, in [0, 1].
        background: what the frames were rendered on, [cameras, 3] in [0, 1].
        times: of the frames, [frames] in [0, 1] of the clip; evenly over all of it if left out.
        """
        low = None if low_resolution is None else low_resolution * 2 - 1

        def predict(noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            with mixed_precision(noisy):
                outputs = self._predict(noisy, timesteps, prompt, cameras, background * 2 - 1, low, times)
            return tuple(output.to(noisy) for output in outputs)

        return distil(predict, frames, self.schedule, self.distillation, step, generator)

    def _predict(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        background: Tensor,
        low: Tensor | None,
        times: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        count = len(noisy)
        moments = None if times is None else times.expand(count, -1)
        states = prompt.at(cameras).states
        if self.distillation.guidance_scale == 1:
            conditional = self.denoiser(noisy, timesteps, states, cameras, background, low, moments)
            return conditional, conditional
        states = torch.cat([states, prompt.unconditional.states.expand(count, -1, -1)])
        low, moments = (None if value is None else torch.cat([value, value]) for value in (low, moments))
        both = self.denoiser(
            torch.cat([noisy, noisy]), timesteps.repeat(2), states, cameras.twice(), torch.cat([background] * 2), low, moments
        )
        return both[:count], both[count:]
