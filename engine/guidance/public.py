"""Guidance by a public model, whatever its class: what its denoiser says, as a gradient of the frames."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from engine.config.quality import Distillation
from engine.guidance.offload import Resident
from engine.guidance.sds import distil_clean
from engine.guidance.text.prompts import EncodedPrompt
from engine.scene.cameras import FOV, Cameras

# Pictures that a denoiser sees in one call; clips come alone.
PICTURES_AT_ONCE = 8
# Where public models have seen things from as a rule (4D-fy, MVDream: 0 to 30 degrees).
ELEVATION = (0.0, math.radians(30))


class PublicGuidance:
    """Score distillation (SDS, SDS-T) through a denoiser of `engine.guidance.denoisers`.

    resident: puts the model's networks on the device while they are used, where not all fit at once. pictures: that a model of
    pictures sees in one call.
    """

    fov, elevation = FOV, ELEVATION

    def __init__(
        self,
        denoiser: Any,
        distillation: Distillation,
        resident: Resident | None = None,
        pictures: int = PICTURES_AT_ONCE,
    ) -> None:
        self.denoiser, self.distillation, self.resident, self.at_once = denoiser, distillation, resident, pictures

    @property
    def guidance_scale(self) -> float:
        """What its model's class is asked with where nothing else is said."""
        return self.denoiser.guidance_scale

    @property
    def together(self) -> int:
        """How many cameras are to look at the scene from all sides at one height."""
        return self.denoiser.together

    def gradient(
        self,
        frames: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        step: float,
        generator: torch.Generator,
        low_resolution: Tensor | None = None,
        *,
        background: Tensor | None = None,
        times: Tensor | None = None,
    ) -> Tensor:
        """As `ClipGuidance.gradient`; these models aren't told of backgrounds and moments.

        The mean over clips, or over pictures for a model of pictures, of the gradient summed over what the model denoises.
        """
        denoiser, count = self.denoiser, frames.shape[1]
        with torch.enable_grad():
            shown = frames.detach().requires_grad_()
            pictures = denoiser.pictures(shown)
        each = cameras if denoiser.clips else cameras.per_frame(count)
        text = prompt.at(each)
        conditions = conditions_of(denoiser, each, low_resolution, generator)

        def predict(noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            conditional = self._denoised(noisy, timesteps, text, conditions)
            if self.distillation.guidance_scale == 1:
                return conditional, conditional
            return conditional, self._denoised(noisy, timesteps, prompt.unconditional.expand(len(noisy)), conditions)

        with self._here():
            clean = denoiser.space.encode(pictures.detach())
            shared = count if "upscale" in denoiser.roles else 1
            wanted = distil_clean(predict, clean, self.denoiser.schedule, self.distillation, step, generator, shared=shared)
            back = denoiser.space.pull_back(pictures.detach(), wanted / len(clean))
        return torch.autograd.grad(pictures, shown, back)[0]

    def _denoised(self, noisy: Tensor, timesteps: Tensor, text: Any, conditions: dict[str, Tensor]) -> Tensor:
        """The denoiser's output, a few rows at a time, in its own precision."""
        denoiser = self.denoiser
        rows = 1 if denoiser.clips else denoiser.together if denoiser.together > 1 else self.at_once
        dtype = network_of(denoiser).dtype
        outputs = []
        for start in range(0, len(noisy), rows):
            part = slice(start, start + rows)
            told = {name: value[part] for name, value in conditions.items()}
            states = text[part].to(noisy.device, dtype)
            outputs.append(denoiser(noisy[part].to(dtype), timesteps[part], states, told).to(noisy))
        return torch.cat(outputs)

    def _here(self) -> AbstractContextManager:
        return self.resident if self.resident is not None else nullcontext()


def conditions_of(
    denoiser: Any, cameras: Cameras, low_resolution: Tensor | None, generator: torch.Generator
) -> dict[str, Tensor]:
    """What the denoiser is told beside text and timestep, one row for each picture or clip; nothing as a rule."""
    tell = getattr(denoiser, "conditions", None)
    return {} if tell is None else tell(cameras, low_resolution, generator)


def network_of(denoiser: Any) -> torch.nn.Module:
    """The denoiser's main network."""
    return denoiser.unet if hasattr(denoiser, "unet") else denoiser.transformer
