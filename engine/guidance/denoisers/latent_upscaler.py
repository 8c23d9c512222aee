"""The x4 upscaler of Stable Diffusion: latents beside a low resolution with noise on it, velocity prediction."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.recipes import LATENT_UPSCALER
from engine.guidance.denoisers.deepfloyd import shared_noise
from engine.guidance.denoisers.unet import each_frame, fitting
from engine.guidance.latents import LatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule, add_noise
from engine.guidance.text.encoders import TextStates, encode_clip
from engine.guidance.video_frames import resized

# What diffusers' pipeline gives the low resolution, of 1000 levels.
LOW_NOISE_LEVEL = 20


class LatentUpscaler(Denoiser):
    """Works at any size: its latents are as large as the low resolution, 64 pixels for a picture of 256."""

    roles = ("upscale",)
    components = ("unet", "vae", "scheduler", "low_res_scheduler")
    encode = staticmethod(encode_clip)
    fp32_components = ("vae",)
    recipe = LATENT_UPSCALER

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["unet"], LatentSpace(components["vae"])
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.low_schedule = DiffusionSchedule.of(components["low_res_scheduler"])

    def model_frames(self, frames: Tensor) -> Tensor:
        return each_frame(frames, self._low_size(frames.shape[-1]) * self.latents.factor)

    def _low_size(self, size: int) -> int:
        """Of a picture of `size` pixels a side."""
        return fitting(self.network, -(-size // self.latents.factor))

    def conditions(self, cameras: Any, low: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        size = fitting(self.network, low.shape[-1])
        pictures = resized(low.flatten(0, 1), size, size) * 2 - 1
        level = torch.full((len(pictures),), LOW_NOISE_LEVEL, device=low.device)
        alpha, sigma = self.low_schedule.alpha.to(low)[level], self.low_schedule.sigma.to(low)[level]
        noise = shared_noise(pictures, low.shape[1], generator, cameras.portion)
        return {"low": add_noise(pictures, noise, alpha, sigma), "level": level}

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        low = resized(conditions["low"], *noisy.shape[-2:]).to(noisy)
        seen = torch.cat([noisy, low], 1)
        return self.network(seen, timesteps, text.states, class_labels=conditions["level"]).sample
