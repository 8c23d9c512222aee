"""Bones that others might have put into a mesh, and how much each holds what is near it. Numpy only."""

from __future__ import annotations

import numpy as np

# Name, parent, head and tail of the bones of a dog of boxes.
SIDES = ((-1, "R"), (1, "L"))
DOG = [
    ("hips", "", (0, 0.34, 0.52), (0, 0.02, 0.52)), ("chest", "hips", (0, 0.02, 0.52), (0, -0.34, 0.56)),
    ("neck", "chest", (0, -0.34, 0.56), (0, -0.42, 0.72)), ("head", "neck", (0, -0.42, 0.74), (0, -0.7, 0.76)),
    *((f"ear.{side}", "head", (0.08 * x, -0.46, 0.86), (0.08 * x, -0.46, 0.98)) for x, side in SIDES),
    ("tail", "hips", (0, 0.38, 0.61), (0, 0.52, 0.61)), ("tail.001", "tail", (0, 0.52, 0.61), (0, 0.66, 0.61)),
    *(
        each
        for x, side in SIDES
        for place, above, y in (("front", "chest", -0.3), ("rear", "hips", 0.32))
        for each in (
            (f"{place}_upper.{side}", above, (0.12 * x, y, 0.42), (0.12 * x, y, 0.2)),
            (f"{place}_lower.{side}", f"{place}_upper.{side}", (0.12 * x, y, 0.2), (0.12 * x, y, 0.0)),
        )
    ),
]  # fmt: skip
# Metres over which one bone's hold passes into another's.
SOFT = 0.05


def held_by(vertices: np.ndarray, table: list[tuple]) -> dict:
    """names, parents, heads and tails of the bones of a table, and weights [V, bones] of vertices [V, 3], which sum to 1; those
    below 5 % are left out."""
    names = [name for name, *_ in table]
    heads, tails = (np.array([row[part] for row in table], float) for part in (2, 3))
    along = tails - heads
    share = ((vertices[:, None] - heads) * along).sum(-1) / (along**2).sum(-1)
    nearest = heads + share.clip(0, 1)[..., None] * along
    square = ((vertices[:, None] - nearest) ** 2).sum(-1)
    weights = np.exp(-(square - square.min(1, keepdims=True)) / (2 * SOFT**2))
    weights[weights < 0.05] = 0
    parents = np.array([names.index(parent) if parent else -1 for _, parent, *_ in table], np.int32)
    weights = weights / weights.sum(1, keepdims=True)
    return {"names": names, "parents": parents, "heads": heads, "tails": tails, "weights": weights}
