"""Clips through a two-dimensional U-Net: cosines over frames and pixel blocks become channels."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, pixel_unshuffle

from engine.models.pose_encoder import RAY_CHANNELS, PoseEncoder, place_channels, place_map, ray_map
from engine.scene.cameras import Cameras


def scene_channels(place_harmonics: int) -> int:
    """Channels of rays, background and place."""
    return RAY_CHANNELS + 3 + place_channels(place_harmonics)


class ClipDenoiser(nn.Module):
    """Gives a `UNet2DConditionModel` that was trained on folded clips the interface of a video denoiser.

    A clip [batch, frames, 3, size, size] in [-1, 1], less its background (for super-resolution: less the low-resolution clip
    enlarged), is folded to [batch, frames * 3 * block^2, grid, grid], where grid is the U-Net's sample_size; beside it go the
    camera's ray map, the colour of the background, the folded low-resolution clip and the place map. An image model has one
    frame; a model of fewer frames than the clip takes it piece by piece.

    The U-Net is preconditioned as in EDM (Karras et al. 2022, table 1), for each channel by itself: it sees numbers of unit
    size and corrects the linear estimate that the channel's expected size allows. Under little noise that estimate is nearly
    right already; under much noise the U-Net says everything.
    """

    def __init__(self, unet: nn.Module, pose_encoder: PoseEncoder, scheduler: Any) -> None:
        super().__init__()
        self.unet, self.pose_encoder = unet, pose_encoder
        self.alphas = scheduler.alphas_cumprod

    @property
    def grid(self) -> int:
        return self.unet.config.sample_size

    def forward(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        text_states: Tensor,
        cameras: Cameras,
        background: Tensor,
        low_resolution: Tensor | None = None,
    ) -> Tensor:
        """noisy [batch, frames, 3, H, W], timesteps [batch], text_states [batch, tokens, width], one still camera each.

        background: [batch, 3] in [-1, 1]; under strong noise a network can't see it, and it is known to who renders.
        low_resolution: the clip at a lower resolution, [batch, frames, 3, h, w] in [-1, 1].
        Returns the clean clip in the shape of `noisy`. Raises ValueError where the U-Net expects another input.
        """
        frames, block = noisy.shape[1], noisy.shape[-1] // self.grid
        own = self.pose_encoder.config.frames
        if own < frames and frames % own == 0:
            pieces = frames // own
            low = None if low_resolution is None else low_resolution.reshape(-1, own, *low_resolution.shape[2:])
            clean = self(
                noisy.reshape(-1, own, *noisy.shape[2:]), timesteps.repeat_interleave(pieces),
                text_states.repeat_interleave(pieces, 0), cameras.repeat_interleave(pieces),
                background.repeat_interleave(pieces, 0), low,
            )  # fmt: skip
            return clean.reshape(noisy.shape)
        behind = self._base(background, low_resolution, noisy)
        alpha = self.alphas.to(noisy)[timesteps].view(-1, 1, 1, 1)
        signal, sigma = alpha.sqrt(), (1 - alpha).sqrt()
        folded = fold(noisy - signal[..., None] * behind, block)
        expected = expected_size if low_resolution is None else expected_detail
        size = expected(frames, block).to(noisy)[:, None, None]
        spread = (alpha * size**2 + sigma**2).sqrt()
        around = background[:, :, None, None].expand(-1, -1, self.grid, self.grid)
        inputs = [folded / spread, ray_map(cameras, self.grid).to(noisy), around]
        if low_resolution is not None:
            low_block = low_resolution.shape[-1] // self.grid
            low_size = expected_size(frames, low_block).to(noisy)[:, None, None]
            inputs.append(fold(low_resolution - background[:, None, :, None, None], low_block) / low_size)
        harmonics = self.pose_encoder.config.place_harmonics
        inputs.append(place_map(self.grid, harmonics).to(noisy).expand(len(noisy), -1, -1, -1))
        channels = torch.cat(inputs, 1)
        if channels.shape[1] != self.unet.config.in_channels:
            raise ValueError(
                f"this model takes {self.unet.config.in_channels} channels, but a clip of shape {tuple(noisy.shape[1:])} with "
                f"{scene_channels(harmonics)} channels of the scene gives {channels.shape[1]}: "
                "render at the model's own size and frame count"
            )
        states = self.pose_encoder(text_states, cameras)
        channels = channels.contiguous(memory_format=torch.channels_last)
        correction = self.unet(channels, timesteps, states).sample
        clean = signal * (size / spread) ** 2 * folded + sigma * size / spread * correction
        return unfold(clean, frames, block) + behind

    def _base(self, background: Tensor, low_resolution: Tensor | None, like: Tensor) -> Tensor:
        """What the U-Net adds to: the background, or for an upscaler the low-resolution clip enlarged."""
        if low_resolution is None:
            return background[:, None, :, None, None]
        flat = low_resolution.flatten(0, 1)
        return interpolate(flat, size=like.shape[-2:], mode="bilinear").view(like.shape)


def fold(clip: Tensor, block: int) -> Tensor:
    """[batch, frames, 3, H, W] -> [batch, frames * 3 * block^2, H / block, W / block], channels by (frequency, colour, block).

    An orthonormal cosine transform over the frames and inside each block. White noise stays white and distances stay what they
    are, and what moves is in channels of its own instead of being a small difference of near-equal ones.
    """
    frames = clip.shape[1]
    by_frequency = torch.einsum("kf,bfchw->bkchw", cosines(frames).to(clip), clip)
    blocks = pixel_unshuffle(by_frequency.flatten(1, 2), block).unflatten(1, (frames * 3, block * block))
    return torch.einsum("qp,bnphw->bnqhw", block_cosines(block).to(clip), blocks).flatten(1, 2)


def unfold(channels: Tensor, frames: int, block: int) -> Tensor:
    """The inverse of `fold`."""
    blocks = channels.unflatten(1, (frames * 3, block * block))
    blocks = torch.einsum("qp,bnqhw->bnphw", block_cosines(block).to(channels), blocks).flatten(1, 2)
    by_frequency = pixel_shuffle(blocks, block).unflatten(1, (frames, 3))
    return torch.einsum("kf,bkchw->bfchw", cosines(frames).to(channels), by_frequency)


def expected_size(frames: int, block: int) -> Tensor:
    """The standard deviation to expect in each channel of a folded clip, [frames * 3 * block^2].

    It falls as one over the frequency in time and faster inside a block; measured on clips of the built-in models' world.
    """
    inside = torch.arange(block)
    inside = 1 / (1 + 4 * (inside[:, None] + inside)).flatten()
    over_time = 1 / (1 + torch.arange(frames))
    size = 0.21 * block * math.sqrt(frames) * over_time[:, None, None] * inside.expand(1, 3, -1)
    return size.flatten()


def expected_detail(frames: int, block: int) -> Tensor:
    """The same for what bilinear enlargement lacks."""
    inside = 0.53 ** torch.arange(block)
    inside = (inside[:, None] * inside).flatten()
    over_time = 1 / (1 + torch.arange(frames))
    return (0.13 * over_time[:, None, None] * inside).expand(frames, 3, -1).flatten()


def cosines(count: int) -> Tensor:
    """The orthonormal DCT-II, [frequencies, samples]; row 0 is the mean times sqrt(count)."""
    sample = torch.arange(count) + 0.5
    matrix = torch.cos(torch.pi / count * torch.arange(count)[:, None] * sample) * math.sqrt(2 / count)
    matrix[0] /= math.sqrt(2)
    return matrix


def block_cosines(block: int) -> Tensor:
    """The same over both axes of a square block, [block^2, block^2]."""
    return torch.kron(cosines(block), cosines(block))
