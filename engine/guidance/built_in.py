"""Guidance by the built-in models, which understand cameras: score distillation of pictures (SDS; Poole et al., DreamFusion)
and of videos (SDS-T; MAV3D, section 3)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance.precision import mixed_precision
from engine.guidance.protocol import Guidance
from engine.guidance.sds import DiffusionSchedule, distil
from engine.guidance.text.prompts import EncodedPrompt
from engine.models.clip_denoiser import ClipDenoiser
from engine.scene.cameras import Cameras


class VideoGuidance(Guidance):
    """A denoiser of whole videos that understands the camera: all frames of a video are judged together."""

    # Its cameras need not stand in any order.
    views_per_batch = 1
    # What the built-in models were measured best with.
    guidance_scale = 1.0

    def __init__(self, components: dict[str, Any], distillation: DistillationConfig) -> None:
        missing = [name for name in ("unet", "pose_encoder", "scheduler") if name not in components]
        if not missing and components["pose_encoder"].config.moves and "motion_encoder" not in components:
            missing = ["motion_encoder"]
        if missing:
            raise ModelError(f"This model lacks {' and '.join(missing)}, which built-in guidance needs. Choose another model.")
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
        progress: float,
        generator: torch.Generator,
        *,
        background: Tensor,
        times: Tensor | None = None,
        low_resolution: Tensor | None = None,
    ) -> Tensor:
        """See `Guidance.gradient`."""
        low = None if low_resolution is None else low_resolution * 2 - 1

        def predict(noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            with mixed_precision(noisy):
                outputs = self._predict(noisy, timesteps, prompt, cameras, background * 2 - 1, low, times)
            return tuple(output.to(noisy) for output in outputs)

        return distil(predict, frames, self.schedule, self.distillation, progress, generator, cameras.portion)

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
        """Conditional and unconditional predictions, in one call of the network where they differ."""
        count = len(noisy)
        moments = None if times is None else times.expand(count, -1)
        states = prompt.at(cameras).states
        if self.distillation.conditional_only:
            conditional = self.denoiser(noisy, timesteps, states, cameras, background, low, moments)
            return conditional, conditional
        states = torch.cat([states, prompt.unconditional.states.expand(count, -1, -1)])
        low, moments = (None if value is None else torch.cat([value, value]) for value in (low, moments))
        both = self.denoiser(
            torch.cat([noisy, noisy]), timesteps.repeat(2), states, cameras.twice(), torch.cat([background] * 2), low, moments
        )
        return both[:count], both[count:]


class ImageGuidance(VideoGuidance):
    """A camera-aware image denoiser, applied to every frame of every camera alone."""

    guidance_scale = 1.5

    def gradient(self, frames: Tensor, prompt: EncodedPrompt, cameras: Cameras, *rest: Any, **options: Any) -> Tensor:
        """See `Guidance.gradient`; an image has no time, so `times` do not matter."""
        count = frames.shape[1]
        background = options["background"].repeat_interleave(count, 0)
        alone = frames.flatten(0, 1)[:, None]
        return super().gradient(alone, prompt, cameras.per_frame(count), *rest, background=background).view(frames.shape)
