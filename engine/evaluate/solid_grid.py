"""What of a box is inside a closed surface."""

from __future__ import annotations

import numpy as np

from engine.mesh.bake import rasterise


def solid_grid(triangles: np.ndarray, low: np.ndarray, high: np.ndarray, cells: int) -> np.ndarray:
    """Whether the centres of `cells` cells a side of the box from `low` [3] to `high` [3] are inside triangles [T, 3, 3], bool
    [cells, cells, cells] indexed [x, y, z].

    By winding number along Z: where a bent limb runs into the body, both count and neither makes a hole.
    """
    unit = (triangles - low) / (high - low)
    # A tiny shift keeps columns off edges that lie on the grid.
    row, column, which, weights = rasterise(unit[:, :, :2] + 1e-5, cells)
    height = np.einsum("tk,tk->t", weights, unit[which, :, 2])
    a, b, c = unit[which, 0, :2], unit[which, 1, :2], unit[which, 2, :2]
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    crossings = np.zeros((cells, cells, cells + 1), np.int32)
    cell = np.clip(np.ceil(height * cells - 0.5).astype(int), 0, cells)
    np.add.at(crossings, (column, cells - 1 - row, cell), np.sign(area).astype(np.int32))
    return np.cumsum(crossings, 2)[:, :, :cells] != 0
