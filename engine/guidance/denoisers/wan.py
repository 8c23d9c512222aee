"""Wan 2.1 and Wan 2.2 5B (Wan team 2025): a transformer trained by flow matching on a causal video autoencoder's latents."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from engine.config.recipes import WAN
from engine.contract.errors import ModelError
from engine.guidance.latents import CausalLatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_t5
from engine.guidance.video_frames import as_shown

# What UMT5 is padded to, by zeros, where the tokenizer takes as many.
TOKENS = 512


class Wan(Denoiser):
    """Predicts the velocity noise - clean of latents [clips, latent frames, channels, h, w].

    Wan 2.2's 5B model begins from text or from a picture; asked by text alone, all its tokens have the clip's timestep.
    A transformer whose config says `sample_size`, the side of the latents that it was trained on, is shown squares of that
    size; published ones do not say it, and are shown the recipe's.
    """

    roles = ("video",)
    components = ("transformer", "vae", "scheduler")
    # Not in half precision where there is memory, as in diffusers' own examples: its gradient loses some of its direction.
    fp32_components = ("vae",)
    encode = staticmethod(functools.partial(encode_t5, length=TOKENS, zeroed=True))
    is_video = True
    half = torch.bfloat16
    recipe = WAN

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["transformer"], CausalLatentSpace(components["vae"])
        if self.network.config.in_channels != components["vae"].config.z_dim:
            raise ModelError("This Wan model wants a picture beside the text: use Wan 2.1 text-to-video, or Wan 2.2 TI2V 5B.")
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        trained = self.network.config.get("sample_size")
        self.size = self._fitting(trained * self.latents.factor if trained else WAN.size)

    def _fitting(self, size: int) -> int:
        """`size`, or the next that the autoencoder and the transformer's patches divide."""
        step = self.latents.factor * self.network.config.patch_size[-1]
        return -(-size // step) * step

    def lower_memory(self) -> None:
        self.size = min(self.size, self._fitting(WAN.low_memory_size))

    def model_frames(self, frames: Tensor) -> Tensor:
        return as_shown(frames, self.size, self.latents.group)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return self.network(noisy.transpose(1, 2), timesteps, text.states).sample.transpose(1, 2)
