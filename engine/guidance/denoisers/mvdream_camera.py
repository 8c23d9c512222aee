"""Cameras as MVDream's denoiser saw them in training."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from engine.scene.cameras import Cameras


def camera_matrices(cameras: Cameras) -> Tensor:
    """Camera-to-world matrices row by row, [cameras, 16]; [cameras, frames, 16] of moving cameras.

    The world is right-handed with Z up, and a camera looks down its own -Z with Y up, as in Blender; both are ours. Things
    that the model makes face +X, though, and ours face -Y: so a camera is given a quarter turn about Z more than it has,
    and one at azimuth 0, in front, stands at +X. Its distance is given as 1 whatever it is.
    """
    turned = replace(cameras, azimuth=cameras.azimuth + math.pi / 2, distance=1.0)
    right, up, forward = turned.axes()
    upper = torch.stack([right, up, -forward, turned.positions()], -1)
    lower = upper.new_tensor([0.0, 0.0, 0.0, 1.0]).expand_as(upper[..., :1, :])
    return torch.cat([upper, lower], -2).flatten(-2)
