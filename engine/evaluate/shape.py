"""Solid shape against the ideal one of the built-in models' world."""

from __future__ import annotations

import numpy as np
import torch

from engine.mesh.bake import rasterise
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import distance
from engine.scene.frame_times import frame_times

CELLS = 40


def ideal_solids(shape: str, motion: str) -> list[np.ndarray]:
    """The ideal solid in each attitude that the motion gives it, in its own bounding box, bool [CELLS, CELLS, CELLS] each."""
    rotations = MOTIONS[motion](frame_times(16))[1]
    axis = torch.linspace(-0.7, 0.7, 141)
    points = torch.cartesian_prod(axis, axis, axis)
    depth = distance(shape, points)
    shell = points[(depth < 0) & (depth > -0.03)]
    cell = (torch.arange(CELLS) + 0.5) / CELLS
    solids = []
    for rotation in torch.unique(rotations.mul(1e4).round().div(1e4), dim=0):
        turned = shell @ rotation.T
        low, high = turned.amin(0), turned.amax(0)
        grid = low + torch.cartesian_prod(cell, cell, cell) * (high - low)
        solids.append((distance(shape, grid @ rotation) < 0).view(CELLS, CELLS, CELLS).numpy())
    return solids


def voxelise(triangles: np.ndarray) -> np.ndarray:
    """Inside by parity along Z in the bounding box of triangles [T, 3, 3], bool [CELLS, CELLS, CELLS] indexed [x, y, z]."""
    low, high = triangles.reshape(-1, 3).min(0), triangles.reshape(-1, 3).max(0)
    unit = (triangles - low) / np.maximum(high - low, 1e-9)
    # A tiny shift keeps columns off edges that lie on the grid.
    row, column, which, weights = rasterise(unit[:, :, :2] + 1e-5, CELLS)
    height = np.einsum("tk,tk->t", weights, unit[which, :, 2])
    crossings = np.zeros((CELLS, CELLS, CELLS + 1), np.int32)
    cell = np.clip(np.ceil(height * CELLS - 0.5).astype(int), 0, CELLS)
    np.add.at(crossings, (column, CELLS - 1 - row, cell), 1)
    return np.cumsum(crossings, 2)[:, :, :CELLS] % 2 == 1


def overlap(one: np.ndarray, ideals: list[np.ndarray]) -> float:
    """The best intersection over union with any of the ideals, over turns about Z in quarter steps."""
    turns = [np.rot90(one, k, (0, 1)) for k in range(4)]
    return max(float((turned & ideal).sum() / (turned | ideal).sum()) for turned in turns for ideal in ideals)
