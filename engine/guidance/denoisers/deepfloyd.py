"""DeepFloyd IF: a cascade in pixels. Its first stage makes pictures, its second enlarges them.

Both predict the noise and, behind it, a variance that score distillation has no use for.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from engine.config.recipes import DEEPFLOYD
from engine.guidance.denoisers.unet import each_frame, native_size, noise_prediction
from engine.guidance.latents import PixelSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule, add_noise
from engine.guidance.text.encoders import TextStates, encode_t5
from engine.ranks import Portion, whole

# What T5 was padded to when IF was trained.
TOKENS = 77
# How much noise the enlarged low resolution is given, of 1000 levels: what diffusers' pipeline has.
LOW_NOISE_LEVEL = 250


class DeepFloyd(Denoiser):
    """The first stage, 64 x 64 pixels."""

    roles = ("image",)
    components = ("unet", "scheduler")
    encode = staticmethod(functools.partial(encode_t5, length=TOKENS))
    recipe = DEEPFLOYD

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["unet"], PixelSpace()
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.size = native_size(self.network)

    def model_frames(self, frames: Tensor) -> Tensor:
        return each_frame(frames, self.size)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return noise_prediction(self.network(noisy, timesteps, text.states).sample, noisy)


class DeepFloydUpscaler(DeepFloyd):
    """The second stage, 64 to 256 pixels: sees the enlarged low resolution with noise on it, whose level is its class label."""

    roles = ("upscale",)
    components = ("unet", "scheduler", "image_noising_scheduler")

    def __init__(self, components: dict[str, Any]) -> None:
        super().__init__(components)
        self.low_schedule = DiffusionSchedule.of(components["image_noising_scheduler"])

    def conditions(self, cameras: Any, low: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        enlarged = interpolate(low.flatten(0, 1) * 2 - 1, (self.size, self.size), mode="bilinear", align_corners=True)
        noise = shared_noise(enlarged, low.shape[1], generator, cameras.portion)
        level = torch.full((len(enlarged),), LOW_NOISE_LEVEL, device=low.device)
        alpha, sigma = self.low_schedule.alpha.to(low)[level], self.low_schedule.sigma.to(low)[level]
        return {"low": add_noise(enlarged, noise, alpha, sigma), "level": level}

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        seen = torch.cat([noisy, conditions["low"].to(noisy)], 1)
        return noise_prediction(self.network(seen, timesteps, text.states, class_labels=conditions["level"]).sample, noisy)


def shared_noise(pictures: Tensor, frames: int, generator: torch.Generator, portion: Portion | None = None) -> Tensor:
    """Noise for pictures [cameras * frames, ...], the same in all `frames` of a clip, so that it does not flicker. portion: the
    cameras of a larger batch that these are."""
    count = len(pictures) // frames
    noise = (whole(count) if portion is None else portion).draw(count, pictures.shape[1:], generator)
    return noise.repeat_interleave(frames, 0).to(pictures)
