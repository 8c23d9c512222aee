"""A small diffusion transformer over whole clips: one token for each square of the image, through all its frames."""

from __future__ import annotations

import math

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn.functional import layer_norm, scaled_dot_product_attention, silu


class ClipTransformer(ModelMixin, ConfigMixin):
    """Tokens of folded clips beside tokens of text and pose, modulated by the noise level and the pooled condition.

    After DiT (Peebles and Xie, ICCV 2023) with the shared modulation of PixArt-alpha (Chen et al., ICLR 2024).

    sample_size: tokens a side. in_channels, out_channels: of the folded input and output. condition_width: of the text states.
    """

    @register_to_config
    def __init__(
        self,
        sample_size: int,
        in_channels: int,
        out_channels: int,
        width: int = 320,
        layers: int = 6,
        heads: int = 5,
        condition_width: int = 128,
    ) -> None:
        super().__init__()
        self.place = nn.Parameter(0.02 * torch.randn(1, sample_size**2, width))
        self.enter = nn.Linear(in_channels, width)
        self.condition = nn.Linear(condition_width, width)
        self.noise_level = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))
        self.pooled = nn.Sequential(nn.Linear(condition_width, width), nn.SiLU(), nn.Linear(width, width))
        self.modulation = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.last_modulation = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, out_channels)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, folded: Tensor, timesteps: Tensor, states: Tensor) -> Tensor:
        """folded [batch, in_channels, size, size], timesteps [batch], states [batch, tokens, condition_width].

        Returns the prediction, [batch, out_channels, size, size].
        """
        size = folded.shape[-1]
        tokens = self.enter(folded.flatten(2).transpose(1, 2)) + self.place
        count = tokens.shape[1]
        tokens = torch.cat([tokens, self.condition(states)], 1)
        level = self.noise_level(sinusoids(timesteps, 256).to(tokens))
        vector = silu(level + self.pooled(states.mean(1)))
        modulation = self.modulation(vector).unflatten(1, (6, -1))
        for block in self.blocks:
            tokens = block(tokens, modulation)
        shift, scale = self.last_modulation(vector)[:, None].chunk(2, -1)
        tokens = layer_norm(tokens[:, :count], tokens.shape[-1:]) * (1 + scale) + shift
        return self.leave(tokens).transpose(1, 2).unflatten(2, (size, size))


class Block(nn.Module):
    """Attention and a feed-forward layer, each scaled, shifted and gated; `table` is what is the block's own in that."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.table = nn.Parameter(0.02 * torch.randn(6, width))
        self.attend = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor, modulation: Tensor) -> Tensor:
        """tokens [batch, tokens, width], modulation [batch, 6, width] -> tokens."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (modulation + self.table)[:, :, None].unbind(1)
        normed = layer_norm(tokens, tokens.shape[-1:]) * (1 + scale1) + shift1
        query, key, value = self.attend(normed).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        tokens = tokens + gate1 * self.merge(attended)
        normed = layer_norm(tokens, tokens.shape[-1:]) * (1 + scale2) + shift2
        return tokens + gate2 * self.feed(normed)


def sinusoids(timesteps: Tensor, width: int) -> Tensor:
    """Sine and cosine features of timesteps [batch] at `width` / 2 frequencies, [batch, width] (Vaswani et al., 2017)."""
    frequencies = torch.exp(-math.log(10000) * torch.arange(width // 2, device=timesteps.device) / (width // 2))
    angles = timesteps[:, None].float() * frequencies
    return torch.cat([angles.sin(), angles.cos()], 1)
