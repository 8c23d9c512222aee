"""HexPlane: density and colour of a moving scene from three space planes and three time planes.

Cao and Johnson, HexPlane (CVPR 2023), with MAV3D's fusion: a space plane and its complementary time plane are added
(XY+ZT, XZ+YT, YZ+XT), the three pairs and all resolutions are concatenated, and one small network gives density and a
view-independent colour. Time planes are zero at first, and so is the trajectory that the planes ride on: motion begins at
identity.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from engine.config.field import FieldConfig
from engine.scene.frozen.baked import BakedBody
from engine.scene.lookup import PLANE_AXES, TIME_AXIS, gather_sum, lines_at, space_taps, time_taps
from engine.scene.skeleton import Skeleton
from engine.scene.trajectory import Trajectory

# Of the blob that a scene begins as: width in metres, height and floor before the sigmoid.
BLOB_WIDTH, BLOB_HEIGHT, BLOB_FLOOR = 0.22, 8.0, 5.0


class Field(nn.Module):
    """The scene as a function of place and time. Planes are read in the axes of the body that `trajectory` moves; what is
    outside [-1, 1]^3 there is empty.
    """

    def __init__(self, config: FieldConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        pairs = 3 * len(config.resolutions)
        self.space = nn.ParameterList(
            0.1 * torch.randn(3, r, r, config.channels, generator=generator) for r in config.resolutions
        )
        self.time = nn.ParameterList(torch.zeros(3, config.times, r, config.channels) for r in config.resolutions)
        self.trajectory = Trajectory(config.times) if config.trajectory else None
        self.skeleton = Skeleton(config.times, config.bones) if config.bones else None
        # Reads the body at rest in the planes' place, while these are frozen.
        self.baked: BakedBody | None = None
        # The body at rest where one is given: then the planes say nothing of it.
        self.given: BakedBody | None = None
        # The first layer, one block for each (level, pair): [pairs, channels, hidden].
        bound = math.sqrt(3 / (pairs * config.channels))
        self.first = nn.Parameter(_uniform((pairs, config.channels, config.hidden), bound, generator))
        self.first_bias = nn.Parameter(torch.zeros(config.hidden))
        self.second = nn.Parameter(_uniform((config.hidden, 4), 0.5 * math.sqrt(3 / config.hidden), generator))
        self.second_bias = nn.Parameter(torch.zeros(4))
        self.register_buffer("blob_width", torch.tensor(BLOB_WIDTH))

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Parameters by what they are: space, time, decoder, trajectory, skeleton (empty where there is none)."""
        return {
            "space": list(self.space),
            "time": list(self.time),
            "decoder": [self.first, self.first_bias, self.second, self.second_bias],
            "trajectory": list(self.trajectory.parameters()) if self.trajectory is not None else [],
            "skeleton": list(self.skeleton.parameters()) if self.skeleton is not None else [],
        }

    @property
    def device(self) -> torch.device:
        return self.blob_width.device

    @property
    def shares_space(self) -> bool:
        """Whether a place reads the same space texels at every time, so that frames can share them."""
        return self.trajectory is None and self.skeleton is None

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Density per metre [F, P] and sRGB colour in [0, 1] [F, P, 3] at points [P, 3] in [-1, 1]^3, times [F] in [0, 1]."""
        count, frames = len(points), len(times)
        frame = torch.arange(frames, device=points.device).repeat_interleave(count)
        density, colour = self.packed(points, frame, times, torch.arange(count, device=points.device).repeat(frames))
        return density.view(frames, count), colour.view(frames, count, 3)

    def at(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The same where each frame has points of its own, [F, P, 3]."""
        frames, count = points.shape[:2]
        frame = torch.arange(frames, device=points.device).repeat_interleave(count)
        density, colour = self.packed(points.reshape(-1, 3), frame, times)
        return density.view(frames, count), colour.view(frames, count, 3)

    def packed(self, points: Tensor, frames: Tensor, times: Tensor, which: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The same for any mixture: points [P, 3], the index of each sample's frame [N], times [F] -> [N], [N, 3].

        which: the index of each sample's point [N], where frames share points; sample i is at point i if left out.
        Three exact rewrites make it fast: time planes are first interpolated to lines at `times`; lookup and addition commute
        with the first layer, so that layer is applied to texels and not to points; and what the space planes say of a point
        is read once for all its frames.
        """
        shared = which is not None and self.shares_space
        if which is not None and not shared:
            points, which = points[which], None
        points = self.to_rest(points, frames, times)
        if (body := self.baked or self.given) is not None:
            return body.read(points)
        of_points, of_samples = _Bag(), _Bag()
        own = points[which] if shared else points
        for level, resolution in enumerate(self.config.resolutions):
            blocks = self.first[3 * level : 3 * level + 3]
            space = torch.einsum("pvuc,pch->pvuh", self.space[level], blocks).reshape(-1, self.config.hidden)
            lines = torch.einsum("fprc,pch->fprh", lines_at(self.time[level], times), blocks)
            (of_points if shared else of_samples).add(space, space_taps(points, resolution))
            of_samples.add(lines.reshape(-1, self.config.hidden), time_taps(own, frames.int(), resolution))
        if shared:
            # The points' sums are one more table, read with a single tap of weight one.
            of_samples.add(of_points.sum(), (which.int()[:, None], torch.ones(len(which), 1).to(points)))
        return self._decode(of_samples.sum(), own)

    def to_rest(self, points: Tensor, frames: Tensor, times: Tensor) -> Tensor:
        """World points [N, 3], the index of each one's frame [N], times [F] -> the places of the body at rest [N, 3] that are
        there then: the trajectory is undone, then the skeleton."""
        if self.trajectory is not None:
            points = self.trajectory.to_body(points, frames, times)
        if self.skeleton is not None and self.skeleton.is_laid_out:
            points = self.skeleton.to_rest(points, frames, times)
        return points

    def at_rest(self, points: Tensor, time: float) -> tuple[Tensor, Tensor]:
        """Density [N] and colour [N, 3] of the body at rest [N, 3], as the planes have it at a time in [0, 1]."""
        moment = torch.tensor([time], device=points.device)
        return self.resting().packed(points, torch.zeros(len(points), dtype=torch.long, device=points.device), moment)

    def resting(self) -> Field:
        """The same parameters without what moves the body as a whole or bends it."""
        twin = copy.copy(self)
        twin._modules = {**self._modules, "trajectory": None, "skeleton": None}
        twin.baked = None
        return twin

    def about_rest(self) -> Field:
        """The same scene, whose body moves about the shape and the size that it has at rest."""
        twin = copy.copy(self)
        skeleton = None if self.skeleton is None else self.skeleton.about_rest()
        trajectory = None if self.trajectory is None else self.trajectory.about_size()
        twin._modules = {**self._modules, "trajectory": trajectory, "skeleton": skeleton}
        return twin

    def plain(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """`forward`, or `at` for points [F, P, 3], as in the papers, six grid samples per level and frame: the reference that
        `packed` is held to."""
        densities, colours = [], []
        for frame, time in enumerate(times):
            own = points if points.dim() == 2 else points[frame]
            own = self.to_rest(own, torch.full((len(own),), frame), times)
            features = []
            for level in range(len(self.config.resolutions)):
                steps = self.config.times
                t = ((time * steps - 0.5).clamp(0, steps - 1) / max(steps - 1, 1) * 2 - 1).expand(len(own))
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
        return decode(out, points, self.blob_width, self.config.max_density)


def decode(out: Tensor, points: Tensor, blob_width: Tensor, max_density: float) -> tuple[Tensor, Tensor]:
    """A network's last numbers [N, 4] at points [N, 3] -> density per metre [N] and sRGB colour in [0, 1] [N, 3].

    The bias that density starts from is a Gaussian blob at the origin: height * exp(-|x|^2 / (2 blob_width^2)) - floor. It is
    bounded from above, so that what is solid commits to being solid and a level of density means one thing.
    """
    blob = BLOB_HEIGHT * torch.exp(-points.square().sum(-1) / (2 * blob_width**2)) - BLOB_FLOOR
    density = max_density * torch.sigmoid(4 * out[:, 0] + blob)
    return density * (points.abs() <= 1).all(-1), torch.sigmoid(4 * out[:, 1:])


@torch.no_grad()
def colours_at(field: Field, points: np.ndarray, time: float) -> np.ndarray:
    """The field's colours at points [N, 3] and a time, float64 [N, 3] in [0, 1]."""
    at = torch.from_numpy(np.ascontiguousarray(points, np.float32)).clamp(-1, 1).to(field.device)
    return field(at, torch.tensor([time], device=field.device))[1][0].cpu().double().numpy()


class _Bag:
    """Lookups in several tables, gathered so that one weighted gather-sum reads them all."""

    def __init__(self) -> None:
        self.tables, self.rows, self.weights, self.offset = [], [], [], 0

    def add(self, table: Tensor, taps: tuple[Tensor, Tensor]) -> None:
        """table [rows, C]; taps: rows int32 [N, taps] and weights [N, taps], N the same for all tables."""
        rows, weights = taps
        self.tables.append(table)
        self.rows.append(rows + self.offset)
        self.weights.append(weights)
        self.offset += len(table)

    def sum(self) -> Tensor:
        """[N, C]."""
        return gather_sum(torch.cat(self.tables), torch.cat(self.rows, 1), torch.cat(self.weights, 1))


def _sample(plane: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """plane [V, U, C] at u, v in [-1, 1] [P] -> [P, C]."""
    grid = torch.stack([u, v], -1)[None, None]
    sampled = nn.functional.grid_sample(
        plane.permute(2, 0, 1)[None], grid, mode="bilinear", padding_mode="border", align_corners=True
    )
    return sampled[0, :, 0].T


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(shape, generator=generator) - 1) * bound
