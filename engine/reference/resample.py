"""A reference image as tensors, and read at any places."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from engine.reference.image import SIDE, ReferenceImage


def premultiplied(image: ReferenceImage) -> Tensor:
    """The image's colours times alpha, and alpha, float32 [4, SIDE, SIDE] in [0, 1]."""
    pixels = torch.from_numpy(image.pixels.copy()).permute(2, 0, 1).float() / 255
    return torch.cat([pixels[:3] * pixels[3:], pixels[3:]])


def resampled(picture: Tensor, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """picture [C, SIDE, SIDE] at columns x [N, W] and rows y [N, H], both in [-1/2, 1/2] across it and growing to the right and
    down: [N, C, H, W]; nothing outside. pixel: the size of one that is wanted, a share of the picture's side."""
    side = max(1, min(SIDE, math.ceil(1 / pixel)))
    # What is finer than a pixel is averaged first.
    coarse = interpolate(picture[None], (side, side), mode="area")
    count, height, width = len(x), y.shape[1], x.shape[1]
    grid = torch.stack([x[:, None].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)], -1) * 2
    return grid_sample(coarse.expand(count, -1, -1, -1), grid, align_corners=False)
