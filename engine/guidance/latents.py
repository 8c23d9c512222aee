"""What a model denoises: pixels, or an autoencoder's latents; and gradients of latents as gradients of pixels."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

# Pixels that an image autoencoder works on at once: one picture of Stable Diffusion's size, or more of smaller ones.
PIXELS_PER_CALL = 512 * 512


class Latents(Protocol):
    """The space that a model denoises in."""

    def encode(self, pictures: Tensor) -> Tensor:
        """The model's clean input for pictures in [0, 1], without a graph."""
        ...

    def vjp(self, pictures: Tensor, gradient: Tensor) -> Tensor:
        """The vector-Jacobian product of `encode`: a gradient of latents as one of pictures. It works on a few pictures, or one
        clip, at a time, so that the autoencoder's memory does not depend on the batch."""
        ...


class PixelSpace(Latents):
    """Pictures as they are, scaled from [0, 1] to [-1, 1]."""

    def encode(self, pictures: Tensor) -> Tensor:
        return pictures * 2 - 1

    def vjp(self, pictures: Tensor, gradient: Tensor) -> Tensor:
        return gradient * 2


class LatentSpace(Latents):
    """Latents of an image autoencoder (diffusers' AutoencoderKL): the posterior's mean, scaled as the denoiser knows it.

    pictures [..., 3, height, width] in [0, 1]; latents [..., channels, height / factor, width / factor].
    """

    def __init__(self, autoencoder: Any) -> None:
        self.autoencoder = autoencoder
        self.factor = 2 ** (len(autoencoder.config.block_out_channels) - 1)

    def _encode(self, pictures: Tensor) -> Tensor:
        config = self.autoencoder.config
        posterior = self.autoencoder.encode((pictures * 2 - 1).to(self.autoencoder.dtype)).latent_dist
        return (posterior.mean - (config.get("shift_factor") or 0.0)) * config.scaling_factor

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        latents = torch.cat([self._encode(few) for few in _few(pictures)])
        return latents.view(*pictures.shape[:-3], *latents.shape[1:]).to(pictures)

    def vjp(self, pictures: Tensor, gradient: Tensor) -> Tensor:
        count = len(_few(pictures)[0])
        parts = zip(_few(pictures), gradient.flatten(0, -4).split(count), strict=True)
        return torch.cat([_vjp(self._encode, few, wanted) for few, wanted in parts]).view(pictures.shape)


def _few(pictures: Tensor) -> tuple[Tensor, ...]:
    """pictures [..., 3, height, width] in parts [few, 3, height, width] of PIXELS_PER_CALL, or one picture each."""
    return pictures.flatten(0, -4).split(max(1, PIXELS_PER_CALL // (pictures.shape[-1] * pictures.shape[-2])))


class CausalLatentSpace(Latents):
    """Latents of a causal video autoencoder (AutoencoderKLWan, AutoencoderKLCogVideoX): 4 k + 1 frames become k + 1.

    clips [cameras, frames, 3, height, width] in [0, 1]; latents [cameras, latent frames, channels, ...].
    """

    def __init__(self, autoencoder: Any) -> None:
        self.autoencoder = autoencoder
        config = autoencoder.config
        self.by_channel = config.get("latents_mean") is not None
        if self.by_channel:
            shape = (1, -1, 1, 1, 1)
            self.mean = torch.tensor(config.latents_mean).view(shape)
            self.deviation = torch.tensor(config.latents_std).view(shape)
            # Each stage halves the picture, but the last.
            self.factor = 2 ** (len(config.dim_mult) - 1) * (config.get("patch_size") or 1)
            self.group = 4
        else:
            self.factor = 2 ** (len(config.block_out_channels) - 1)
            self.group = int(config.temporal_compression_ratio)

    def _encode(self, clips: Tensor) -> Tensor:
        pixels = (clips * 2 - 1).transpose(1, 2).to(self.autoencoder.dtype)
        if self.by_channel:
            encode = wan_encode if torch.is_grad_enabled() else lambda vae, video: vae._encode(video)
            mean = encode(self.autoencoder, pixels).chunk(2, 1)[0]
            latents = (mean - self.mean.to(mean)) / self.deviation.to(mean)
        else:
            latents = self.autoencoder.encode(pixels).latent_dist.mean * self.autoencoder.config.scaling_factor
        return latents.transpose(1, 2)

    @torch.no_grad()
    def encode(self, clips: Tensor) -> Tensor:
        return torch.cat([self._encode(clip[None]) for clip in clips]).to(clips)

    def vjp(self, clips: Tensor, gradient: Tensor) -> Tensor:
        each = [_vjp(self._encode, clip[None], wanted[None]) for clip, wanted in zip(clips, gradient, strict=True)]
        return torch.cat(each)


def _vjp(encode: Any, picture: Tensor, gradient: Tensor) -> Tensor:
    with torch.enable_grad():
        picture = picture.detach().requires_grad_()
        latent = encode(picture)
    return torch.autograd.grad(latent, picture, gradient.to(latent))[0]


def wan_encode(autoencoder: Any, video: Tensor) -> Tensor:
    """AutoencoderKLWan's moments of a video [batch, 3, 4 k + 1, height, width], [batch, 2 channels, k + 1, ...].

    The same as its own `_encode`, with the group of four frames at hand alone kept for the way back: what an earlier group
    left to the causal convolutions is passed on as tensors, and each group is encoded again when its gradient comes.
    """
    patch = autoencoder.config.get("patch_size")
    if patch:
        from diffusers.models.autoencoders.autoencoder_kl_wan import patchify

        video = patchify(video, patch_size=patch)
    kept: list[Any] = [None] * autoencoder._cached_conv_counts["encoder"]
    groups = [video[:, :, :1], *video[:, :, 1:].split(4, 2)]
    moments = []
    for group in groups:
        moment, *kept = checkpoint(_wan_group, autoencoder.encoder, group, *kept, use_reentrant=False)
        moments.append(moment)
    return autoencoder.quant_conv(torch.cat(moments, 2))


def _wan_group(encoder: Any, group: Tensor, *kept: Any) -> tuple[Any, ...]:
    after = list(kept)
    return encoder(group, feat_cache=after, feat_idx=[0]), *after
