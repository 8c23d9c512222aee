"""Guidance by a public model, whatever its class: what its denoiser predicts, as a gradient of the frames."""

from __future__ import annotations

import math
from contextlib import nullcontext

import torch
from torch import Tensor

from engine.config.stage import DistillationConfig
from engine.guidance.offload import Resident
from engine.guidance.protocol import Denoiser, Guidance
from engine.guidance.sds import distil_latents
from engine.guidance.text.encoders import TextStates
from engine.guidance.text.prompts import EncodedPrompt
from engine.scene.cameras import FOV, Cameras

# Pictures that a denoiser sees in one call; videos come alone.
IMAGES_PER_CALL = 8
# Where public models have seen things from as a rule (4D-fy, MVDream: 0 to 30 degrees).
ELEVATION = (0.0, math.radians(30))


class PublicGuidance(Guidance):
    """Score distillation (SDS, SDS-T) through a `Denoiser`.

    resident: puts the model's networks on the device while they are used, where not all fit at once. images_per_call: pictures
    that a model of pictures sees in one call.
    """

    elevation = ELEVATION

    def __init__(
        self,
        denoiser: Denoiser,
        distillation: DistillationConfig,
        resident: Resident | None = None,
        images_per_call: int = IMAGES_PER_CALL,
    ) -> None:
        self.denoiser, self.distillation, self.resident = denoiser, distillation, resident
        self.images_per_call = images_per_call

    @property
    def guidance_scale(self) -> float:
        """Of the model's class, at the first step."""
        return self.denoiser.recipe.distillation.guidance_scale

    @property
    def fov(self) -> float:
        """Vertical field of view, radians."""
        return self.denoiser.recipe.fov or FOV

    def filled(self, distillation: DistillationConfig) -> DistillationConfig:
        """See `Guidance.filled`."""
        return distillation.filled(self.denoiser.recipe.distillation)

    @property
    def views_per_batch(self) -> int:
        """How many cameras have to stand round the scene in one ring."""
        return self.denoiser.views_per_batch

    def gradient(
        self,
        frames: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        progress: float,
        generator: torch.Generator,
        *,
        background: Tensor | None = None,
        times: Tensor | None = None,
        low_resolution: Tensor | None = None,
    ) -> Tensor:
        """See `Guidance.gradient`; these models are conditioned on neither backgrounds nor moments.

        The mean over clips, or over pictures for a model of pictures, of the gradient summed over what the model denoises.
        """
        denoiser, count = self.denoiser, frames.shape[1]
        with torch.enable_grad():
            shown = frames.detach().requires_grad_()
            pictures = denoiser.model_frames(shown)
        each = cameras if denoiser.is_video else cameras.per_frame(count)
        text = prompt.at(each)
        conditions = denoiser.conditions(each, low_resolution, generator)

        def predict(noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            conditional = self._predict(noisy, timesteps, text, conditions)
            if self.distillation.conditional_only:
                return conditional, conditional
            return conditional, self._predict(noisy, timesteps, prompt.unconditional.expand(len(noisy)), conditions)

        with self.resident or nullcontext():
            clean = denoiser.latents.encode(pictures.detach())
            shared = count if "upscale" in denoiser.roles else 1
            wanted = distil_latents(
                predict, clean, denoiser.schedule, self.distillation, progress, generator, cameras.portion, shared=shared,
                views=denoiser.views_per_batch,
            )  # fmt: skip
            rows = len(clean) if cameras.portion is None else cameras.portion.rows(len(clean))
            back = denoiser.latents.vjp(pictures.detach(), wanted / rows)
        return torch.autograd.grad(pictures, shown, back)[0]

    def _predict(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        """The denoiser's output, a few rows at a time, in its own precision."""
        denoiser = self.denoiser
        rows = 1 if denoiser.is_video else denoiser.views_per_batch if denoiser.views_per_batch > 1 else self.images_per_call
        dtype = denoiser.network.dtype
        outputs = []
        for start in range(0, len(noisy), rows):
            part = slice(start, start + rows)
            given = {name: value[part] for name, value in conditions.items()}
            states = text[part].to(noisy.device, dtype)
            outputs.append(denoiser(noisy[part].to(dtype), timesteps[part], states, given).to(noisy))
        return torch.cat(outputs)
