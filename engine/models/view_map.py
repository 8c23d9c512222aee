"""What a camera sees of a body, as input channels for a denoiser: maps of rays and of places in the picture.

A body's placement is its centre [B, 3] in metres, its rotation body to world [B, 3, 3] and its scale [B, 3] along its own axes.
Seen from the body, a moving body before a still camera is a still body before a moving camera; so a model that knows how
things look at rest knows how they look wherever they stand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.scene.cameras import Cameras

RAY_CHANNELS = 6
# Places further out than this many half-widths of the picture are all the same: background.
FURTHEST = 4.0

Placement = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class BodyView:
    """Rays of a picture in a body's axes. position: of the camera [B, 3]. directions: unit vectors [B, size, size, 3]."""

    position: Tensor
    directions: Tensor

    @property
    def cameras(self) -> Cameras:
        """Where round the body the camera stands."""
        x, y, z = self.position.unbind(-1)
        return Cameras(torch.atan2(x, -y), torch.asin((z / self.position.norm(dim=-1)).clamp(-1, 1)))


def body_view(cameras: Cameras, size: int, placement: Placement | None = None) -> BodyView:
    """The rays through the pixels of a size x size picture, one still camera each; of a body at rest without `placement`."""
    position, directions = cameras.positions(), cameras.rays(size, size)[1]
    if placement is not None:
        centre, rotation, scale = placement
        to_body = rotation.transpose(1, 2) / scale[:, :, None]
        position = torch.einsum("bij,bj->bi", to_body, position - centre)
        directions = torch.nn.functional.normalize(torch.einsum("bij,bhwj->bhwi", to_body, directions), dim=-1)
    return BodyView(position, directions)


def ray_map(view: BodyView, distance: float) -> Tensor:
    """Pluecker coordinates of the rays, [B, 6, size, size]: direction, and moment in units of `distance` in metres.

    Gives the denoiser a sense of place in the image as well as of the camera.
    """
    moments = torch.linalg.cross(view.position[:, None, None].expand_as(view.directions), view.directions) / distance
    return torch.cat([view.directions, moments], -1).permute(0, 3, 1, 2)


def place_channels(harmonics: int) -> int:
    return 2 + 4 * harmonics if harmonics else 0


def place_map(view: BodyView, fov: float, distance: float, harmonics: int) -> Tensor:
    """Where a pixel would be in a picture of the body by a camera that looks straight at it, [B, channels, size, size].

    Column and row, in [-1, 1] across the field of view `fov` (radians) at `distance` (metres), and sines and cosines of
    pi 2^k times both, k < harmonics. With the pose in the features and the place beside them, an outline is a function of
    few numbers; the ray map gives the place only as turned into the body's axes.
    """
    right, up, forward = (axis[:, None, None] for axis in view.cameras.axes())
    ahead = (view.directions * forward).sum(-1).clamp(min=0.1)
    near = view.position.norm(dim=-1)[:, None, None] / (distance * math.tan(fov / 2))
    column, row = ((view.directions * axis).sum(-1) / ahead * near for axis in (right, -up))
    place = torch.stack([column, row], 1).clamp(-FURTHEST, FURTHEST)
    waves = [place] if harmonics else [place[:, :0]]
    for order in range(harmonics):
        angle = math.pi * 2**order * place
        waves += [angle.sin(), angle.cos()]
    return torch.cat(waves, 1)
