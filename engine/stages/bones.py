"""The skeleton of a scene, laid out in what is solid once the static stage is over."""

from __future__ import annotations

import math

import numpy as np
import torch

from engine.mesh.surface import silhouette_depth
from engine.reference.given.skeleton import given_layout
from engine.scene.skeleton import CELLS
from engine.scene.skinning_weights import lay_out_bones, solid_places
from engine.stages.static import ANY_TIME
from engine.stages.train_state import TrainState

# Metres of density that make a ray half opaque where the body is solid.
SOLID_DEPTH = 0.25
# A bone needs so many solid cells.
CELLS_PER_BONE = 8
# Cells a side by which the solid is found in the scene, and what is round it in the box of the finer grid, metres.
COARSE, MARGIN = 48, 0.1
# Of the finer grid in the solid, about: distances inside are found from cell to cell.
SOLID_CELLS = 8000
# A bone that holds less than so much of a cell holds nothing.
NOTHING = 1e-6

# See `solid_at_rest`.
Solid = tuple[np.ndarray, np.ndarray]


@torch.no_grad()
def lay_out_skeleton(
    state: TrainState, solid: Solid | None = None, wanted: torch.Tensor | None = None, part: torch.Tensor | None = None
) -> torch.Tensor:
    """Puts the bones of the field's skeleton, or as many as fit, into its solid at rest; returns the middle of what each holds,
    [bones, 3]. A scene in which nothing is solid yet gets none; a given mesh with bones of its own keeps these.
    solid: see `solid_at_rest`, found here if left out. wanted [N, 3]: places in which bones are to stand. part: which part of
    the body each of the solid's cells is of, int [cells]: no bone holds two."""
    solid, box = solid or solid_at_rest(state)
    if state.given is not None and state.given.mesh.bones is not None and solid.any():
        layout = given_layout(state.given, solid, len(state.field.skeleton.centres), box)
    elif bones := min(len(state.field.skeleton.centres), int(solid.sum()) // CELLS_PER_BONE):
        wanted, part = (None if value is None else value.cpu().numpy() for value in (wanted, part))
        layout = lay_out_bones(solid, bones, box, wanted, part)
    else:
        return torch.zeros(0, 3)
    state.field.skeleton.lay_out(layout)
    held = layout.weights[:, solid]
    middles = held @ solid_places(solid, box) / np.maximum(held.sum(1, keepdims=True), NOTHING)
    return torch.from_numpy(np.where(held.sum(1, keepdims=True) > NOTHING, middles, layout.centres).astype(np.float32))


@torch.no_grad()
def solid_at_rest(state: TrainState) -> Solid:
    """What is solid at rest, bool [x, y, z], on cubic cells in a box round it, at most as many as a skeleton has; and that box,
    float32 [2, 3]. Wings and legs are thinner than the cells that the whole scene could have."""
    box = np.array([[-1.0] * 3, [1.0] * 3])
    coarse = _density(state, box, (COARSE,) * 3)
    level = math.log(2) / silhouette_depth(coarse, SOLID_DEPTH)
    found = np.argwhere(coarse > level)
    if not len(found):
        return coarse > level, np.float32(box)
    low, high = (2 * found.min(0) / (COARSE - 1) - 1 - MARGIN), (2 * found.max(0) / (COARSE - 1) - 1 + MARGIN)
    volume = len(found) * (2 / (COARSE - 1)) ** 3
    cell = max(float((high - low).prod()) / CELLS, volume / SOLID_CELLS) ** (1 / 3)
    counts = np.maximum((high - low) / cell, 2).astype(int)
    while counts.prod() > CELLS:
        counts[counts.argmax()] -= 1
    # Cubes to the bit, so that a distance in cells is one in metres.
    cell = float(((high - low) / (counts - 1)).max())
    middle, half = (low + high) / 2, cell * (counts - 1) / 2
    box = np.stack([middle - half, middle + half])
    return _density(state, box, tuple(counts)) > level, np.float32(box)


def _density(state: TrainState, box: np.ndarray, counts: tuple[int, int, int]) -> np.ndarray:
    """Density of the body at rest on a grid, float32 [x, y, z]."""
    axes = [torch.linspace(float(low), float(high), int(count)) for low, high, count in zip(*box, counts, strict=True)]
    points = torch.cartesian_prod(*axes).to(state.device)
    return state.field.at_rest(points, ANY_TIME[0])[0].view(*map(int, counts)).cpu().numpy()
