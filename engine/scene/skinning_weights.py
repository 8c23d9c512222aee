"""Bones for a solid, and how much each of them holds every place: by the distance inside the solid.

Limbs that touch only in space are far apart inside the solid, so that one does not pull on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

# Standard deviation of a bone's hold, in medians of the distance between neighbouring bones.
SPREAD = 0.6
# A place is held by so many bones at most.
BONES_PER_PLACE = 4
# Standard deviation of the smoothing of the weights, metres.
SMOOTHING = 0.015
# A bone that is wanted has to be this near the solid, metres, and further than so many cells from another one.
REACH, APART = 0.12, 2
# The whole scene: where the first and the last place of a grid are.
SCENE = np.array([[-1.0] * 3, [1.0] * 3], np.float32)


@dataclass(frozen=True)
class BoneLayout:
    """centres: float32 [bones, 3] in the solid. weights: float32 [bones, x, y, z], which sum to 1 at every place of a grid.
    neighbours: float32 [bones, bones], 1 for the same bone, falling with the distance inside. box: the grid's first and last
    place, float32 [2, 3]."""

    centres: np.ndarray
    weights: np.ndarray
    neighbours: np.ndarray
    box: np.ndarray = field(default_factory=SCENE.copy)


def lay_out_bones(
    solid: np.ndarray, bones: int, box: np.ndarray = SCENE, wanted: np.ndarray | None = None, part: np.ndarray | None = None
) -> BoneLayout:
    """`bones` bones in a solid, bool [x, y, z]. box [2, 3]: the centres of its first and last cell; cells are cubes.

    The first stand at places that are `wanted` [N, 3], as far as they are near the solid and apart; the others are spread by
    farthest-point sampling along the inside. part [cells]: bones hold cells of their own part alone, in the order of
    `solid_places`. Raises ValueError where there are fewer cells than bones.
    """
    cells = np.argwhere(solid)
    if len(cells) < bones:
        raise ValueError(f"{len(cells)} solid cells are too few for {bones} bones")
    graph = _inside(solid, cells)
    first = [] if wanted is None else _wanted(wanted, solid_places(solid, box), _cell(solid.shape, box))
    chosen, distance = _spread(graph, cells, bones, first)
    between = distance[:, chosen]
    if part is not None:
        own = part[chosen][:, None] == part
        # A part without a bone goes with what is nearest.
        distance = np.where(own | ~own.any(0), distance, np.inf)
    apart = np.where(np.eye(bones, dtype=bool), np.inf, between).min(1)
    sigma = SPREAD * float(np.median(apart[np.isfinite(apart)])) if bones > 1 else 1.0
    weights = _weights(solid, cells, distance, sigma, SMOOTHING / _cell(solid.shape, box))
    return BoneLayout(_places(cells[chosen], solid.shape, box), weights, _near(between, sigma), np.float32(box))


def given_bones(
    solid: np.ndarray, centres: np.ndarray, parents: np.ndarray, held: np.ndarray, box: np.ndarray = SCENE
) -> BoneLayout:
    """The layout of bones that are there already, in a solid as for `lay_out_bones`.

    centres [bones, 3]: what they turn about. parents [bones], -1 for none. held [cells, bones]: how much they hold the solid's
    cells, in the order of `solid_places`. Where a bone's parent takes it counts in full among neighbours.
    """
    cells = np.argwhere(solid)
    graph = _inside(solid, cells)
    chosen = np.linalg.norm(_places(cells, solid.shape, box)[:, None] - centres, axis=-1).argmin(0)
    between = dijkstra(graph, directed=False, indices=chosen)[:, chosen]
    apart = np.where(np.eye(len(centres), dtype=bool), np.inf, between).min(1)
    # Bones may begin in one place.
    sigma = SPREAD * max(float(np.median(apart)), 1.0) if len(centres) > 1 else 1.0
    neighbours = _near(between, sigma)
    children = np.flatnonzero(parents >= 0)
    neighbours[parents[children], children] = 1.0
    weights = _whole(solid, cells, held.T, SMOOTHING / _cell(solid.shape, box))
    return BoneLayout(np.float32(centres), weights, neighbours, np.float32(box))


def solid_places(solid: np.ndarray, box: np.ndarray = SCENE) -> np.ndarray:
    """Where the solid's cells are, float32 [cells, 3]."""
    return _places(np.argwhere(solid), solid.shape, box)


def _near(between: np.ndarray, sigma: float) -> np.ndarray:
    """How much bones so many cells apart [bones, bones] are neighbours."""
    return np.exp(-0.5 * (between / (1.5 * sigma)) ** 2).astype(np.float32)


def _inside(solid: np.ndarray, cells: np.ndarray) -> coo_matrix:
    """Distances between solid cells that touch, in cells; loose pieces are tied by their nearest cells."""
    number = np.full(solid.shape, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    padded = np.pad(number, 1, constant_values=-1)
    rows, columns, lengths = [], [], []
    steps = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)]
    for step in steps:
        other = padded[tuple((cells + 1 + np.array(step)).T)]
        there = other >= 0
        rows.append(np.flatnonzero(there))
        columns.append(other[there])
        lengths.append(np.full(int(there.sum()), np.linalg.norm(step)))
    pieces, count = ndimage.label(solid, np.ones((3, 3, 3)))
    piece = pieces[tuple(cells.T)]
    for label in range(2, count + 1):
        own, rest = np.flatnonzero(piece == label), np.flatnonzero(piece < label)
        gaps = np.linalg.norm(cells[own][:, None] - cells[rest][None], axis=-1)
        one, other = np.unravel_index(gaps.argmin(), gaps.shape)
        rows.append(own[[one]])
        columns.append(rest[[other]])
        lengths.append(gaps[[one], [other]])
    shape = (len(cells), len(cells))
    return coo_matrix((np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns))), shape).tocsr()


def _wanted(wanted: np.ndarray, places: np.ndarray, cell: float) -> list[int]:
    """The cells that are nearest to places that are wanted, but for those far off and those beside one before."""
    chosen: list[int] = []
    for place in wanted:
        apart = np.linalg.norm(places - place, axis=1)
        nearest = int(apart.argmin())
        beside = np.linalg.norm(places[chosen] - places[nearest], axis=1) <= APART * cell
        if apart[nearest] < REACH and not beside.any():
            chosen.append(nearest)
    return chosen


def _spread(graph: coo_matrix, cells: np.ndarray, count: int, first: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Cells that are far from one another inside the solid, those that come first among them, and the distance from each to
    every cell, [count, cells]."""
    chosen = first[:count] or [int(((cells - cells.mean(0)) ** 2).sum(1).argmin())]
    distances = [dijkstra(graph, directed=False, indices=own) for own in chosen]
    nearest = np.min(distances, 0)
    for _ in range(count - len(chosen)):
        chosen.append(int(nearest.argmax()))
        distances.append(dijkstra(graph, directed=False, indices=chosen[-1]))
        nearest = np.minimum(nearest, distances[-1])
    return np.array(chosen), np.stack(distances)


def _weights(solid: np.ndarray, cells: np.ndarray, distance: np.ndarray, sigma: float, smoothing: float) -> np.ndarray:
    """Normalised weights on the whole grid; a cell outside has those of the nearest solid one."""
    held = np.exp(-0.5 * ((distance**2) - (distance**2).min(0)) / sigma**2)
    if len(held) > BONES_PER_PLACE:
        least = np.sort(held, 0)[-BONES_PER_PLACE]
        held = np.where(held >= least, held, 0.0)
    return _whole(solid, cells, held / held.sum(0), smoothing)


def _whole(solid: np.ndarray, cells: np.ndarray, held: np.ndarray, smoothing: float) -> np.ndarray:
    """Weights [bones, cells] of the solid on the whole grid. smoothing: standard deviation, cells."""
    nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
    number = np.zeros(solid.shape, int)
    number[tuple(cells.T)] = np.arange(len(cells))
    whole = held[:, number[tuple(nearest)]]
    smooth = np.stack([ndimage.gaussian_filter(weights, smoothing) for weights in whole])
    return (smooth / smooth.sum(0)).astype(np.float32)


def _cell(shape: tuple[int, ...], box: np.ndarray) -> float:
    """A cell's side, metres."""
    return float(box[1, 0] - box[0, 0]) / (shape[0] - 1)


def _places(cells: np.ndarray, shape: tuple[int, ...], box: np.ndarray) -> np.ndarray:
    """Cells of a grid as places in the scene."""
    return (box[0] + cells / (np.array(shape) - 1) * (box[1] - box[0])).astype(np.float32)
