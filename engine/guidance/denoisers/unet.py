"""What the UNets of diffusers have in common."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.guidance.video_frames import resized


def native_size(unet: Any) -> int:
    """Side of the square that `unet` was trained on, in its own pixels; the shorter side of another shape."""
    size = unet.config.get("sample_size") or 64
    size = min(size) if isinstance(size, list | tuple) else size
    return fitting(unet, size)


def fitting(unet: Any, size: int) -> int:
    """`size`, or the next that halves evenly as often as `unet` halves it."""
    steps = 2 ** (len(unet.config.block_out_channels) - 1)
    return -(-size // steps) * steps


def each_frame(frames: Tensor, size: int) -> Tensor:
    """[cameras, frames, 3, H, W] -> [cameras * frames, 3, size, size]."""
    return resized(frames.flatten(0, 1), size, size)


def noise_prediction(output: Tensor, noisy: Tensor) -> Tensor:
    """The prediction in a UNet's output: a model with a learned variance (Nichol and Dhariwal 2021) puts it behind."""
    return output[:, : noisy.shape[1]]


def picture_conditions(text: Any) -> dict[str, list[Tensor]]:
    """What a UNet with an image adapter takes beside the text's states; nothing without a picture."""
    return {} if text.picture is None else {"image_embeds": [text.picture[:, None]]}


def pooled_conditions(text: Any, size: int) -> dict[str, Tensor]:
    """What SDXL takes beside its states: pooled text, and the picture's size, uncropped (SDXL, section 2.2)."""
    return {
        "text_embeds": text.pooled,
        "time_ids": torch.tensor([[size, size, 0, 0, size, size]], device=text.pooled.device)
        .expand(len(text), -1)
        .to(text.pooled),
    }
