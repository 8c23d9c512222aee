"""The body at rest on a grid: while a field's planes are frozen, a sample costs one interpolation and no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

if TYPE_CHECKING:
    from engine.scene.field import Field
    from engine.scene.skeleton import Skeleton

RESOLUTION = 96
# Density per metre below which a cell is empty.
EMPTY = 0.4
CHUNK = 2**17


@dataclass(frozen=True)
class BakedBody:
    """grid: density per metre and sRGB colour, [1, 4, n, n, n] over [-1, 1]^3 indexed [x, y, z]. cells: the places of the grid
    that are not empty [cells, 3], and held: how much each bone holds them, [cells, bones]."""

    grid: Tensor
    cells: Tensor
    held: Tensor

    @classmethod
    def of_grid(cls, grid: Tensor, skeleton: Skeleton | None = None) -> BakedBody:
        """From density and colour [4, n, n, n]. skeleton: what holds the cells; one bone where there is none."""
        axis = torch.linspace(-1, 1, grid.shape[-1], device=grid.device)
        cells = torch.cartesian_prod(axis, axis, axis)[grid[0].flatten() > EMPTY]
        held = cells.new_ones(len(cells), 1) if skeleton is None else skeleton.weights_at(cells)
        return cls(grid[None].contiguous(), cells, held)

    def read(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Density [N] and colour [N, 3] at places of the body at rest [N, 3]; nothing outside. Differentiable in the places."""
        # grid_sample reads the last axis of the grid first.
        places = points.flip(-1)[None, :, None, None]
        found = grid_sample(self.grid, places, align_corners=True, padding_mode="zeros")[0, :, :, 0, 0].T
        return found[:, 0], found[:, 1:]


@torch.no_grad()
def bake_body(field: Field, time: float = 0.5, resolution: int = RESOLUTION) -> BakedBody:
    """The body of `field` at rest, as its planes have it at a time in [0, 1]."""
    axis = torch.linspace(-1, 1, resolution, device=field.device)
    points = torch.cartesian_prod(axis, axis, axis)
    parts = [
        torch.cat([density[:, None], colour], 1) for density, colour in (field.at_rest(p, time) for p in points.split(CHUNK))
    ]
    return BakedBody.of_grid(torch.cat(parts).T.reshape(4, resolution, resolution, resolution), field.skeleton)
