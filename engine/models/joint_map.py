"""Joints of a body in the picture of a camera, as input channels for a denoiser.

A denoiser conditioned on the moment as a number hardly moves the limbs; given where the joints are, it draws them there.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.scene.cameras import Cameras

# Of a joint's blob, in half widths of the picture; and what a metre nearer to the camera than the origin counts.
SPREAD = 0.07
NEARNESS = 2.0


def project(joints: Tensor, cameras: Cameras) -> tuple[Tensor, Tensor, Tensor]:
    """joints [B, joints, 3] in metres, one still camera each -> column and row in [-1, 1] across the picture (row grows
    downwards), and how much nearer than the origin, metres; [B, joints] each."""
    right, up, forward = (axis[:, None] for axis in cameras.axes())
    along = joints - cameras.positions()[:, None]
    ahead = (along * forward).sum(-1).clamp(min=0.1)
    scale = 1 / (ahead * math.tan(cameras.fov / 2))
    return (along * right).sum(-1) * scale, -(along * up).sum(-1) * scale, cameras.distance - ahead


def joint_map(joints: Tensor, used: Tensor, cameras: Cameras, size: int) -> Tensor:
    """A blob for every joint, and the same times how near it is: [B, 2 * joints, size, size].

    used: which joints each body has, [B, joints]; the others' channels are zero.
    """
    column, row, near = project(joints, cameras)
    centres = (torch.arange(size, device=joints.device) + 0.5) / size * 2 - 1
    across = torch.exp(-((centres - column[..., None]).square()) / (2 * SPREAD**2))
    down = torch.exp(-((centres - row[..., None]).square()) / (2 * SPREAD**2)) * used.to(joints)[..., None]
    blobs = down[..., :, None] * across[..., None, :]
    return torch.cat([blobs, blobs * (NEARNESS * near)[..., None, None]], 1)
