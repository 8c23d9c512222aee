"""HexPlane: density and colour of a moving scene from three space planes and three time planes.

Cao and Johnson, HexPlane (CVPR 2023), with MAV3D's fusion: a space plane and its complementary time plane are added
(XY+ZT, XZ+YT, YZ+XT), the three pairs and all resolutions are concatenated, and one small network gives density and a
view-independent colour. Time planes are zero at first, and so is the trajectory that the planes ride on: motion begins at
identity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.scene.lookup import PLANE_AXES, TIME_AXIS, gather_sum, lines_at, space_taps, time_taps
from engine.scene.trajectory import Trajectory


@dataclass(frozen=True)
class FieldShape:
    """Sizes of a field. resolutions: texels a side of each level. times: texels in time. max_density: per metre."""

    resolutions: tuple[int, ...] = (24, 64)
    times: int = 16
    channels: int = 12
    hidden: int = 32
    max_density: float = 40.0


class Field(nn.Module):
    """The scene as a function of place and time. Planes are read in the axes of the body that `trajectory` moves; what is
    outside [-1, 1]^3 there is empty.

    The bias that density starts from is a Gaussian blob at the origin: `blob_height * exp(-|x|^2 / (2 width^2)) - blob_floor`.
    """

    blob_height, blob_floor = 8.0, 5.0

    def __init__(self, shape: FieldShape, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        pairs = 3 * len(shape.resolutions)
        self.space = nn.ParameterList(
            0.1 * torch.randn(3, r, r, shape.channels, generator=generator) for r in shape.resolutions
        )
        self.time = nn.ParameterList(torch.zeros(3, shape.times, r, shape.channels) for r in shape.resolutions)
        self.trajectory = Trajectory(shape.times)
        # The first layer, one block for each (level, pair): [pairs, channels, hidden].
        bound = math.sqrt(3 / (pairs * shape.channels))
        self.first = nn.Parameter(_uniform((pairs, shape.channels, shape.hidden), bound, generator))
        self.first_bias = nn.Parameter(torch.zeros(shape.hidden))
        self.second = nn.Parameter(_uniform((shape.hidden, 4), 0.5 * math.sqrt(3 / shape.hidden), generator))
        self.second_bias = nn.Parameter(torch.zeros(4))
        self.register_buffer("blob_width", torch.tensor(0.22))

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Density per metre [F, P] and sRGB colour in [0, 1] [F, P, 3] at points [P, 3] in [-1, 1]^3, times [F] in [0, 1]."""
        count, frames = len(points), len(times)
        frame = torch.arange(frames, device=points.device).repeat_interleave(count)
        density, colour = self.packed(points.repeat(frames, 1), frame, times)
        return density.view(frames, count), colour.view(frames, count, 3)

    def at(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The same where each frame has points of its own, [F, P, 3]."""
        frames, count = points.shape[:2]
        frame = torch.arange(frames, device=points.device).repeat_interleave(count)
        density, colour = self.packed(points.reshape(-1, 3), frame, times)
        return density.view(frames, count), colour.view(frames, count, 3)

    def packed(self, points: Tensor, frames: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The same for any mixture: points [N, 3], the index of each one's frame [N], times [F] -> [N], [N, 3].

        Two exact rewrites make it fast: time planes are first interpolated to lines at `times`, and, since lookup and
        addition commute with the first layer, that layer is applied to texels and not to points.
        """
        points = self.trajectory.to_body(points, frames, times)
        tables, rows, weights, offset = [], [], [], 0
        for level, resolution in enumerate(self.shape.resolutions):
            blocks = self.first[3 * level : 3 * level + 3]
            space = torch.einsum("pvuc,pch->pvuh", self.space[level], blocks).reshape(-1, self.shape.hidden)
            lines = torch.einsum("fprc,pch->fprh", lines_at(self.time[level], times), blocks)
            for table, (index, weight) in (
                (space, space_taps(points, resolution)),
                (lines.reshape(-1, self.shape.hidden), time_taps(points, frames.int(), resolution)),
            ):
                tables.append(table)
                rows.append(index + offset)
                weights.append(weight)
                offset += len(table)
        hidden = gather_sum(torch.cat(tables), torch.cat(rows, 1), torch.cat(weights, 1))
        return self._decode(hidden, points)

    def plain(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """`forward` as in the papers, six grid samples per level and frame: the reference that `packed` is held to."""
        densities, colours = [], []
        for frame, time in enumerate(times):
            own = self.trajectory.to_body(points, torch.full((len(points),), frame), times)
            features = []
            for level in range(len(self.shape.resolutions)):
                steps = self.shape.times
                t = ((time * steps - 0.5).clamp(0, steps - 1) / max(steps - 1, 1) * 2 - 1).expand(len(points))
                for plane, (first, second) in enumerate(PLANE_AXES):
                    space = _sample(self.space[level][plane], own[:, first], own[:, second])
                    moving = _sample(self.time[level][plane], own[:, TIME_AXIS[plane]], t)
                    features.append(space + moving)
            hidden = torch.einsum("kpc,kch->ph", torch.stack(features), self.first)
            density, colour = self._decode(hidden, own)
            densities.append(density)
            colours.append(colour)
        return torch.stack(densities), torch.stack(colours)

    def _decode(self, hidden: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        out = torch.relu(hidden + self.first_bias) @ self.second + self.second_bias
        blob = self.blob_height * torch.exp(-points.square().sum(-1) / (2 * self.blob_width**2)) - self.blob_floor
        # Bounded from above, so that what is solid commits to being solid and a level of density means one thing.
        density = self.shape.max_density * torch.sigmoid(4 * out[:, 0] + blob)
        return density * (points.abs() <= 1).all(-1), torch.sigmoid(4 * out[:, 1:])


def _sample(plane: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """plane [V, U, C] at u, v in [-1, 1] [P] -> [P, C]."""
    grid = torch.stack([u, v], -1)[None, None]
    sampled = nn.functional.grid_sample(
        plane.permute(2, 0, 1)[None], grid, mode="bilinear", padding_mode="border", align_corners=True
    )
    return sampled[0, :, 0].T


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(shape, generator=generator) - 1) * bound
