"""Stable Diffusion 1.x and 2.x (Rombach et al. 2022) and SDXL (Podell et al. 2023): pictures, in an autoencoder's latents."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from engine.config.recipes import STABLE_DIFFUSION
from engine.guidance.denoisers.unet import each_frame, native_size, picture_conditions, pooled_conditions
from engine.guidance.latents import LatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_clip, encode_two_clips


class StableDiffusion(Denoiser):
    """Predicts noise or velocity of latents, as its scheduler says."""

    roles = ("image",)
    components = ("unet", "vae", "scheduler")
    fp32_components = ("vae",)
    encode = staticmethod(encode_clip)
    accepts_image_prompt = True
    recipe = STABLE_DIFFUSION

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["unet"], LatentSpace(components["vae"])
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.size = native_size(self.network) * self.latents.factor

    def model_frames(self, frames: Tensor) -> Tensor:
        return each_frame(frames, self.size)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return self.network(noisy, timesteps, text.states, added_cond_kwargs=picture_conditions(text)).sample


class StableDiffusionXL(StableDiffusion):
    """Conditioned on the picture's size and a pooled embedding as well."""

    text_components = ("tokenizer", "text_encoder", "tokenizer_2", "text_encoder_2")
    encode = staticmethod(encode_two_clips)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        added = pooled_conditions(text, self.size) | picture_conditions(text)
        return self.network(noisy, timesteps, text.states, added_cond_kwargs=added).sample
