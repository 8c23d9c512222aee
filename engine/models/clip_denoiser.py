"""Clips through a two-dimensional U-Net, frame by frame: cosines over blocks of pixels become channels."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, pixel_unshuffle

from engine.models.motion_encoder import MotionEncoder
from engine.models.pose_encoder import PoseEncoder
from engine.models.view_map import RAY_CHANNELS, body_view, place_channels, place_map, ray_map
from engine.scene.cameras import Cameras


def scene_channels(place_harmonics: int) -> int:
    """Channels of rays, background and place."""
    return RAY_CHANNELS + 3 + place_channels(place_harmonics)


class ClipDenoiser(nn.Module):
    """Gives a `UNet2DConditionModel` that was trained on folded pictures the interface of a video denoiser.

    A frame [3, size, size] in [-1, 1], less its background (for super-resolution: less the low-resolution frame enlarged), is
    folded to [3 * block^2, grid, grid], where grid is the U-Net's sample_size; beside it go the camera's ray map, the colour of
    the background, the folded low-resolution frame and the place map. With a motion encoder each frame is seen from where the
    words put the body at its time, and that is all that makes a clip of the frames.

    The U-Net is preconditioned as in EDM (Karras et al. 2022, table 1), for each channel by itself: it sees numbers of unit
    size and corrects the linear estimate that the channel's expected size allows. Under little noise that estimate is nearly
    right already; under much noise the U-Net says everything.
    """

    def __init__(
        self, unet: nn.Module, pose_encoder: PoseEncoder, scheduler: Any, motion_encoder: MotionEncoder | None = None
    ) -> None:
        super().__init__()
        self.unet, self.pose_encoder, self.motion_encoder = unet, pose_encoder, motion_encoder
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
        times: Tensor | None = None,
    ) -> Tensor:
        """noisy [batch, frames, 3, H, W], timesteps [batch], text_states [batch, tokens, width], still or moving cameras.

        background: [batch, 3] in [-1, 1]; under strong noise a network can't see it, and it is known to who renders.
        low_resolution: the clip at a lower resolution, [batch, frames, 3, h, w] in [-1, 1].
        times: of the frames, [batch, frames] in [0, 1]; frame i of n at (i + 1/2) / n if left out.
        Returns the clean clip in the shape of `noisy`. Raises ValueError where the U-Net expects another input.
        """
        clips, frames = noisy.shape, noisy.shape[1]
        if times is None:
            times = ((torch.arange(frames) + 0.5) / frames).expand(len(noisy), -1)
        # From here on everything is [pictures, ...].
        noisy, times, cameras = noisy.flatten(0, 1), times.flatten().to(noisy), cameras.per_frame(frames)
        timesteps, text_states, background = (
            value.repeat_interleave(frames, 0) for value in (timesteps, text_states, background)
        )
        block, config = noisy.shape[-1] // self.grid, self.pose_encoder.config
        placement = None
        if self.motion_encoder is not None:
            # The motion encoder is taught the placement itself, not what it does to pictures.
            placement = tuple(value.detach() for value in self.motion_encoder(text_states, times))
        view = body_view(cameras, self.grid, placement)
        behind = background[:, :, None, None]
        around = behind.expand(-1, -1, self.grid, self.grid)
        inputs = [ray_map(view, cameras.distance).to(noisy), around]
        size = expected_size(block).to(noisy)
        if low_resolution is not None:
            low = low_resolution.flatten(0, 1)
            low_block = low.shape[-1] // self.grid
            inputs.append(fold(low - behind, low_block) / expected_size(low_block).to(noisy)[:, None, None])
            behind = interpolate(low, size=noisy.shape[-2:], mode="bilinear")
            size = expected_detail(block).to(noisy)
        inputs.append(place_map(view, config.place_fov or config.fov, config.distance, config.place_harmonics).to(noisy))
        size = size[:, None, None]
        alpha = self.alphas.to(noisy)[timesteps].view(-1, 1, 1, 1)
        signal, sigma = alpha.sqrt(), (1 - alpha).sqrt()
        spread = (alpha * size**2 + sigma**2).sqrt()
        folded = fold(noisy - signal * behind, block)
        channels = torch.cat([folded / spread, *inputs], 1)
        if channels.shape[1] != self.unet.config.in_channels:
            raise ValueError(
                f"this model takes {self.unet.config.in_channels} channels, but a picture of shape {tuple(noisy.shape[1:])} "
                f"with what is known of the scene gives {channels.shape[1]}: render at the model's own size"
            )
        states = self.pose_encoder(text_states, view, placement)
        correction = self.unet(channels.contiguous(memory_format=torch.channels_last), timesteps, states).sample
        clean = signal * (size / spread) ** 2 * folded + sigma * size / spread * correction
        return (unfold(clean, block) + behind).view(clips)


def fold(pictures: Tensor, block: int) -> Tensor:
    """[N, 3, H, W] -> [N, 3 * block^2, H / block, W / block], channels by (colour, frequency in the block).

    An orthonormal cosine transform inside each block: white noise stays white, distances stay what they are, and detail is in
    channels of its own.
    """
    blocks = pixel_unshuffle(pictures, block).unflatten(1, (3, block * block))
    return torch.einsum("qp,bnphw->bnqhw", block_cosines(block).to(pictures), blocks).flatten(1, 2)


def unfold(channels: Tensor, block: int) -> Tensor:
    """The inverse of `fold`."""
    blocks = channels.unflatten(1, (3, block * block))
    return pixel_shuffle(torch.einsum("qp,bnqhw->bnphw", block_cosines(block).to(channels), blocks).flatten(1, 2), block)


def expected_size(block: int) -> Tensor:
    """The standard deviation to expect in each channel of a folded picture, [3 * block^2].

    It falls with the frequency in the block; measured on clips of the built-in models' world.
    """
    inside = torch.arange(block)
    return (0.21 * block / (1 + 4 * (inside[:, None] + inside)).flatten()).repeat(3)


def expected_detail(block: int) -> Tensor:
    """The same for what bilinear enlargement lacks."""
    inside = 0.53 ** torch.arange(block)
    return (0.13 * (inside[:, None] * inside).flatten()).repeat(3)


def cosines(count: int) -> Tensor:
    """The orthonormal DCT-II, [frequencies, samples]; row 0 is the mean times sqrt(count)."""
    sample = torch.arange(count) + 0.5
    matrix = torch.cos(torch.pi / count * torch.arange(count)[:, None] * sample) * math.sqrt(2 / count)
    matrix[0] /= math.sqrt(2)
    return matrix


def block_cosines(block: int) -> Tensor:
    """The same over both axes of a square block, [block^2, block^2]."""
    return torch.kron(cosines(block), cosines(block))
