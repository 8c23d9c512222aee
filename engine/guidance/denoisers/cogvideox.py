"""CogVideoX text-to-video (Yang et al. 2024): a velocity-predicting transformer on a causal video autoencoder's latents."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from engine.config.recipes import COGVIDEOX
from engine.contract.errors import ModelError
from engine.guidance.latents import CausalLatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_t5
from engine.guidance.video_frames import as_shown

# What T5 was padded to.
TOKENS = 226


class CogVideoX(Denoiser):
    """The 2B and 5B models of version 1.0; latents [clips, latent frames, channels, h, w]."""

    roles = ("video",)
    components = ("transformer", "vae", "scheduler")
    encode = staticmethod(functools.partial(encode_t5, length=TOKENS, masked=False))
    is_video = True
    half = torch.bfloat16
    recipe = COGVIDEOX

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["transformer"], CausalLatentSpace(components["vae"])
        config = self.network.config
        if config.get("patch_size_t") is not None:
            raise ModelError("This is CogVideoX 1.5, which the engine does not drive: use CogVideoX-2b or CogVideoX-5b.")
        if config.in_channels != components["vae"].config.latent_channels:
            raise ModelError("This CogVideoX model wants a picture beside the text: use CogVideoX-2b or CogVideoX-5b.")
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        size = min(config.sample_height, config.sample_width)
        self.size = -(-size // config.patch_size) * config.patch_size * self.latents.factor

    def model_frames(self, frames: Tensor) -> Tensor:
        return as_shown(frames, self.size, self.latents.group)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        # A transformer made for shorter texts takes as much as it holds.
        states = text.states[:, : self.network.config.max_text_seq_length]
        rotary = self._rotary(noisy) if self.network.config.use_rotary_positional_embeddings else None
        return self.network(noisy, states, timesteps, image_rotary_emb=rotary).sample

    def _rotary(self, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """Rotary embeddings of the places of `noisy` within the size that the model was trained at, as diffusers has them."""
        from diffusers.models.embeddings import get_3d_rotary_pos_embed
        from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid

        config = self.network.config
        grid = (noisy.shape[-2] // config.patch_size, noisy.shape[-1] // config.patch_size)
        trained = (config.sample_width // config.patch_size, config.sample_height // config.patch_size)
        return get_3d_rotary_pos_embed(
            embed_dim=config.attention_head_dim,
            crops_coords=get_resize_crop_region_for_grid(grid, *trained),
            grid_size=grid,
            temporal_size=noisy.shape[1],
            device=noisy.device,
        )
