"""Solid shape against the ideal one of the built-in models' world."""

from __future__ import annotations

import numpy as np
import torch

from engine.evaluate.solid_grid import solid_grid
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
    """What is inside triangles [T, 3, 3] in their bounding box, bool [CELLS, CELLS, CELLS] indexed [x, y, z]."""
    low, high = triangles.reshape(-1, 3).min(0), triangles.reshape(-1, 3).max(0)
    return solid_grid(triangles, low, np.maximum(high, low + 1e-9), CELLS)


def overlap(one: np.ndarray, ideals: list[np.ndarray]) -> float:
    """The best intersection over union with any of the ideals, over turns about Z in quarter steps."""
    turns = [np.rot90(one, k, (0, 1)) for k in range(4)]
    return max(float((turned & ideal).sum() / (turned | ideal).sum()) for turned in turns for ideal in ideals)
