"""The parts of the multi-view U-Net: residual blocks, changes of resolution, and transformers that see several views.

Modules and their members are named as in latent diffusion's published weights. Features are [pictures, channels, h, w]; the
pictures of one group of views come one after another. `nn.Identity` stands where training has its dropout, so that members
keep their numbers.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from engine.models.mvdream.config import GROUPS


class ResBlock(nn.Module):
    """Two convolutions, between which the embedding [pictures, embedding_channels] of time and camera is added."""

    def __init__(self, channels: int, out_channels: int, embedding_channels: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, channels), nn.SiLU(), nn.Conv2d(channels, out_channels, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding_channels, out_channels))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, out_channels), nn.SiLU(), nn.Identity(), nn.Conv2d(out_channels, out_channels, 3, padding=1)
        )
        self.skip_connection = nn.Identity() if channels == out_channels else nn.Conv2d(channels, out_channels, 1)

    def forward(self, features: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.in_layers(features) + self.emb_layers(embedding)[:, :, None, None]
        return self.skip_connection(features) + self.out_layers(hidden)


class Downsample(nn.Module):
    """Half the height and width."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return self.op(features)


class Upsample(nn.Module):
    """Twice the height and width."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return self.conv(functional.interpolate(features, scale_factor=2.0, mode="nearest"))


class Attention(nn.Module):
    """Multi-head attention of tokens [batch, tokens, channels] to `context` [batch, others, context_channels]."""

    def __init__(self, channels: int, context_channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context_channels, channels, bias=False)
        self.to_v = nn.Linear(context_channels, channels, bias=False)
        self.to_out = nn.Sequential(nn.Linear(channels, channels))

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        query, key, value = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projected in (self.to_q(tokens), self.to_k(context), self.to_v(context))
        )
        return self.to_out(functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


class GatedProjection(nn.Module):
    """Half of a projection, gated by the GELU of the other half."""

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 2 * out_channels)

    def forward(self, tokens: Tensor) -> Tensor:
        values, gate = self.proj(tokens).chunk(2, dim=-1)
        return values * functional.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(GatedProjection(channels, 4 * channels), nn.Identity(), nn.Linear(4 * channels, channels))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.net(tokens)


class TransformerBlock(nn.Module):
    """Attention over all views of a group, attention of each view to its words, and a feed-forward network."""

    def __init__(self, channels: int, context_channels: int, heads: int) -> None:
        super().__init__()
        self.attn1 = Attention(channels, channels, heads)
        self.attn2 = Attention(channels, context_channels, heads)
        self.ff = FeedForward(channels)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))

    def forward(self, tokens: Tensor, states: Tensor, views: int) -> Tensor:
        """tokens [groups * views, places, channels], states [groups * views, words, width] -> the shape of `tokens`."""
        places = tokens.shape[1]
        # The places of every view of a group in one row; a place has no mark of its view but what the camera left in it.
        together = self.norm1(tokens).unflatten(0, (-1, views)).flatten(1, 2)
        tokens = tokens + self.attn1(together, together).unflatten(1, (views, places)).flatten(0, 1)
        tokens = tokens + self.attn2(self.norm2(tokens), states)
        return tokens + self.ff(self.norm3(tokens))


class SpatialTransformer(nn.Module):
    """Transformer blocks over the places of a picture, added to it."""

    def __init__(self, channels: int, context_channels: int, heads: int, depth: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList(TransformerBlock(channels, context_channels, heads) for _ in range(depth))
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, features: Tensor, states: Tensor, views: int) -> Tensor:
        tokens = self.proj_in(self.norm(features).flatten(2).transpose(1, 2))
        for block in self.transformer_blocks:
            tokens = block(tokens, states, views)
        return features + self.proj_out(tokens).transpose(1, 2).unflatten(2, features.shape[2:])
