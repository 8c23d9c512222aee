"""Polygons into triangles.

Own code: trimesh cuts polygons into fans, which leave a concave one's outline, and its other ways need libraries that are not
among the engine's.
"""

from __future__ import annotations

import numpy as np


def triangulated(vertices: np.ndarray, corners: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Triangles that fill polygons, winding as they do.

    vertices float64 [V, 3]; corners: the polygons' vertices one after the other, int [C]; counts: how many each has, int [P].
    Polygons of fewer than three corners go. Returns places in `corners`, int [T, 3], and each triangle's polygon, int [T].
    """
    with np.errstate(all="ignore"):
        return _triangulated(vertices, corners, counts)


def _triangulated(vertices: np.ndarray, corners: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts = np.cumsum(counts) - counts
    triangles, polygons = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    three = np.flatnonzero(counts == 3)
    triangles.append(starts[three, None] + np.arange(3))
    polygons.append(three)
    four = np.flatnonzero(counts == 4)
    if len(four):
        places = starts[four, None] + np.arange(4)
        # The diagonal from the first corner, unless it lies outside.
        through = np.where(_diagonal_is_inside(vertices[corners[places]])[:, None], [0, 1, 2, 0, 2, 3], [0, 1, 3, 1, 2, 3])
        triangles.append(np.take_along_axis(places, through, 1).reshape(-1, 3))
        polygons.append(np.repeat(four, 2))
    for polygon in np.flatnonzero(counts > 4):
        places = np.arange(starts[polygon], starts[polygon] + counts[polygon])
        cut = places[_ears(vertices[corners[places]])]
        triangles.append(cut)
        polygons.append(np.full(len(cut), polygon))
    found, owner = np.concatenate(triangles), np.concatenate(polygons)
    order = np.argsort(owner, kind="stable")
    return found[order], owner[order]


def _diagonal_is_inside(quads: np.ndarray) -> np.ndarray:
    """Whether quads [N, 4, 3] are cut well from their first corner to their third, [N]."""
    a, b, c, d = (quads[:, corner] for corner in range(4))
    one = (np.cross(b - a, c - a) * np.cross(c - a, d - a)).sum(1)
    other = (np.cross(d - b, a - b) * np.cross(c - b, d - b)).sum(1)
    return (one >= 0) | (other <= 0)


def _ears(points: np.ndarray) -> np.ndarray:
    """Triangles of one polygon's corners [N, 3], int [N - 2, 3], by clipping ears (Meisters, 1975) in its own plane."""
    count = len(points)
    fan = np.stack([np.zeros(count - 2, int), np.arange(1, count - 1), np.arange(2, count)], 1)
    if not np.isfinite(points).all():
        return fan
    middle = points - points.mean(0)
    normal = np.cross(middle, np.roll(middle, -1, 0)).sum(0)
    size = np.linalg.norm(normal)
    if not np.isfinite(size) or size == 0:
        return fan
    axis = np.eye(3)[np.abs(normal).argmin()]
    right = np.cross(axis, normal)
    right /= np.linalg.norm(right)
    flat = np.stack([middle @ right, middle @ np.cross(normal / size, right)], 1)
    turns = _turn(np.roll(flat, 1, 0), flat, np.roll(flat, -1, 0))
    if (turns >= 0).all():
        return fan
    left, found, start = list(range(count)), [], 0
    while len(left) > 3:
        tried = ((start + step) % len(left) for step in range(len(left)))
        ear = next((index for index in tried if _is_ear(flat, left, index)), None)
        if ear is None:
            # It crosses itself: any way of filling it is as good.
            break
        found.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
        # The next is most likely near.
        start = ear
    found += [(left[0], left[index], left[index + 1]) for index in range(1, len(left) - 1)]
    return np.array(found)


def _is_ear(flat: np.ndarray, left: list[int], index: int) -> bool:
    before, here, after = left[index - 1], left[index], left[(index + 1) % len(left)]
    a, b, c = flat[before], flat[here], flat[after]
    if _turn(a, b, c) <= 0:
        return False
    others = flat[[corner for corner in left if corner not in (before, here, after)]]
    inside = (_turn(a, b, others) >= 0) & (_turn(b, c, others) >= 0) & (_turn(c, a, others) >= 0)
    # Corners in the same place as one of the ear's own are no obstacle.
    return not (inside & ~(others[:, None] == np.stack([a, b, c])).all(-1).any(1)).any()


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Twice the area of triangles of points [..., 2], positive counter-clockwise."""
    u, v = b - a, c - a
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
