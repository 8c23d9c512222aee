"""Which cells of the scene hold something, one bit for each frame, so that empty space is skipped."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.scene.field import Field


class Occupancy:
    """A grid over [-1, 1]^3, bool [frames, resolution, resolution, resolution] indexed [frame, x, y, z].

    Everything counts as occupied until the first update. Frames are those of the `times` it is updated with; a single frame
    serves any time.
    """

    def __init__(self, resolution: int = 32, threshold: float = 0.4) -> None:
        self.resolution, self.threshold = resolution, threshold
        self.bits: Tensor | None = None

    @torch.no_grad()
    def update(self, field: Field, times: Tensor) -> None:
        """Reads the density (per metre) at the cells' centres at `times` [F]; a cell also counts where a neighbour does."""
        r = self.resolution
        axis = (torch.arange(r, device=times.device) + 0.5) * 2 / r - 1
        points = torch.cartesian_prod(axis, axis, axis)
        bits = [
            torch.nn.functional.max_pool3d((field(points, time[None])[0] > self.threshold).float().view(1, 1, r, r, r), 3, 1, 1)
            for time in times
        ]
        self.bits = torch.cat(bits)[:, 0] > 0

    def lookup(self, points: Tensor, frames: int) -> Tensor:
        """Whether points [..., 3] or [F, ..., 3] are in occupied cells, bool [F, ...]; False outside the scene."""
        per_frame = points.dim() > 3
        shape = points.shape[:-1] if per_frame else (frames, *points.shape[:-1])
        inside = (points.abs() <= 1).all(-1).expand(shape)
        if self.bits is None:
            return inside
        r = self.resolution
        cell = ((points + 1) * (0.5 * r)).long().clamp(0, r - 1)
        flat = (cell[..., 0] * r + cell[..., 1]) * r + cell[..., 2]
        bits = self.bits.expand(frames, r, r, r).reshape(frames, -1)
        index = flat.expand(shape).reshape(frames, -1)
        return bits.gather(1, index).view(shape) & inside

    @property
    def share(self) -> float:
        """The occupied share of all cells and frames, 0 to 1."""
        return 1.0 if self.bits is None else float(self.bits.float().mean())
