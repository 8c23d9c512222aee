"""Which cells of the scene hold something, one bit for each frame, so that empty space is skipped; and how dense each is at
least, so that what is hidden is skipped too."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import max_pool3d

from engine.scene.field import Field


class Occupancy:
    """A grid over [-1, 1]^3, bool [frames, resolution, resolution, resolution] indexed [frame, x, y, z].

    Everything counts as occupied, and nothing as hidden, until the first update. Frames are those of the `times` it is updated
    with; a single frame serves any time.
    """

    def __init__(self, resolution: int = 32, threshold: float = 0.4) -> None:
        self.resolution, self.threshold = resolution, threshold
        self.bits: Tensor | None = None
        # The least density per metre in a cell and its neighbours, float16 in the shape of `bits`.
        self.least: Tensor | None = None

    @torch.no_grad()
    def update(self, field: Field, times: Tensor) -> None:
        """Reads the density (per metre) at the cells' centres at `times` [F]; a cell also counts where a neighbour does."""
        r = self.resolution
        axis = (torch.arange(r, device=times.device) + 0.5) * 2 / r - 1
        points = torch.cartesian_prod(axis, axis, axis)
        density = torch.stack([field(points, time[None])[0].view(r, r, r) for time in times])
        self.bits = max_pool3d((density > self.threshold).float(), 3, 1, 1) > 0
        # What lies outside the scene is empty, hence the zeros round it.
        around = torch.nn.functional.pad(density, (1,) * 6)
        self.least = -max_pool3d(-around, 3, 1).half()

    def at(self, times: Tensor) -> Occupancy:
        """The same for frames at other `times` [F] in [0, 1]: what either neighbour holds, what both hide.

        The frames there are have to be spread evenly, frame i of n at (i + 1/2) / n.
        """
        other = Occupancy(self.resolution, self.threshold)
        if self.bits is None or len(self.bits) == 1:
            other.bits, other.least = self.bits, self.least
            return other
        count = len(self.bits)
        position = (times * count - 0.5).clamp(0, count - 1)
        # A little slack, so that a frame's own moment is that frame and not its neighbour too.
        lower, upper = (position + 1e-3).floor().long(), (position - 1e-3).ceil().long()
        other.bits = self.bits[lower] | self.bits[upper]
        other.least = torch.minimum(self.least[lower], self.least[upper])
        return other

    def lookup(self, points: Tensor, frames: int, frame_of: Tensor | None = None) -> Tensor:
        """Whether points [..., 3] are in occupied cells in each of F frames, bool [F, ...]; False outside the scene.

        frame_of: the frame of each row of points [rows, ..., 3], if each is asked for in its own alone: bool [rows, ...].
        """
        shape = points.shape[:-1] if frame_of is not None else (frames, *points.shape[:-1])
        inside = (points.abs() <= 1).all(-1).expand(shape)
        return inside if self.bits is None else self._gather(self.bits, points, frames, frame_of) & inside

    def bounds(self, margin: float) -> tuple[Tensor, Tensor] | None:
        """The lowest and highest corner of the box round what is occupied in each frame and `margin` metres more, within the
        scene, [F, 3] each; None before the first update. A frame in which nothing is occupied has the whole scene."""
        if self.bits is None:
            return None
        low, high = [], []
        across, beside = self.bits.any(3), self.bits.any(1)
        for held in (across.any(2), across.any(1), beside.any(1)):
            first, last = held.int().argmax(1), self.resolution - held.flip(1).int().argmax(1)
            some = held.any(1)
            low.append(torch.where(some, first, 0))
            high.append(torch.where(some, last, self.resolution))
        low, high = (torch.stack(value, 1) * (2 / self.resolution) - 1 for value in (low, high))
        return (low - margin).clamp(min=-1), (high + margin).clamp(max=1)

    def hidden(
        self, points: Tensor, lengths: Tensor, frames: int, transmittance: float, frame_of: Tensor | None = None
    ) -> Tensor:
        """Whether so little light comes through to samples along rays that they can be left out.

        points [rays, samples, 3], front to back; lengths of their intervals in metres, broadcastable to [rays, samples]. True
        where the densities in front, each at its least, let less than `transmittance` through; bool [F, rays, samples], or
        [rays, samples] where each ray has a frame of its own, `frame_of` [rays].
        """
        if self.least is None or transmittance <= 0:
            shape = points.shape[:-1] if frame_of is not None else (frames, *points.shape[:-1])
            return torch.zeros(shape, dtype=torch.bool, device=points.device)
        depth = self._gather(self.least, points, frames, frame_of).to(lengths) * lengths
        return torch.cumsum(depth, -1) - depth > -math.log(transmittance)

    def _gather(self, grid: Tensor, points: Tensor, frames: int, frame_of: Tensor | None) -> Tensor:
        """The cells' values at points, in the shape of `lookup`'s answer."""
        r = self.resolution
        cell = ((points + 1) * (0.5 * r)).long().clamp(0, r - 1)
        flat = (cell[..., 0] * r + cell[..., 1]) * r + cell[..., 2]
        if frame_of is not None:
            own = frame_of if len(grid) > 1 else torch.zeros_like(frame_of)
            return grid.flatten()[own.view(-1, *[1] * (flat.dim() - 1)) * r**3 + flat]
        index = flat.expand(frames, *flat.shape).reshape(frames, -1)
        return grid.expand(frames, r, r, r).reshape(frames, -1).gather(1, index).view(frames, *flat.shape)

    @property
    def share(self) -> float:
        """The occupied share of all cells and frames, 0 to 1."""
        return 1.0 if self.bits is None else float(self.bits.float().mean())
