"""Clips through a two-dimensional U-Net: frames and pixel blocks become channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from engine.models.pose_encoder import RAY_CHANNELS, PoseEncoder, ray_map
from engine.scene.cameras import Cameras

SCENE_CHANNELS = RAY_CHANNELS + 3


class ClipDenoiser(nn.Module):
    """Gives a `UNet2DConditionModel` that was trained on folded clips the interface of a video denoiser.

    A clip [batch, frames, 3, size, size] in [-1, 1] is folded by a pixel unshuffle to
    [batch, frames * 3 * block^2, grid, grid], where grid is the U-Net's sample_size; beside it go the camera's ray map, the
    colour of the background and, for super-resolution, the folded low-resolution clip. An image model is the case of one frame.
    """

    def __init__(self, unet: nn.Module, pose_encoder: PoseEncoder) -> None:
        super().__init__()
        self.unet, self.pose_encoder = unet, pose_encoder

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
        Returns the U-Net's prediction in the shape of `noisy`. Raises ValueError where the U-Net expects another input.
        """
        block = noisy.shape[-1] // self.grid
        around = background[:, :, None, None].expand(-1, -1, self.grid, self.grid)
        inputs = [fold(noisy, block), ray_map(cameras, self.grid).to(noisy), around]
        if low_resolution is not None:
            inputs.append(fold(low_resolution, low_resolution.shape[-1] // self.grid))
        channels = torch.cat(inputs, 1)
        if channels.shape[1] != self.unet.config.in_channels:
            raise ValueError(
                f"this model takes {self.unet.config.in_channels} channels, but a clip of shape {tuple(noisy.shape[1:])} with "
                f"{SCENE_CHANNELS} channels of rays and background gives {channels.shape[1]}: "
                "render at the model's own size and frame count"
            )
        states = self.pose_encoder(text_states, cameras)
        channels = channels.contiguous(memory_format=torch.channels_last)
        return unfold(self.unet(channels, timesteps, states).sample, noisy.shape[1], block)


def fold(clip: Tensor, block: int) -> Tensor:
    """[batch, frames, 3, H, W] -> [batch, frames * 3 * block^2, H / block, W / block]."""
    return pixel_unshuffle(clip.flatten(1, 2), block)


def unfold(channels: Tensor, frames: int, block: int) -> Tensor:
    """The inverse of `fold`."""
    return pixel_shuffle(channels, block).unflatten(1, (frames, 3))
