"""Frames that share their faces: one mesh that moves already, which nothing has to follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.mesh.files.frame import LARGEST, SMALLEST, Frame, RawMesh, cells, extent, with_three_corners
from engine.mesh.files.paint import Paint

# Three vertices' numbers below this fit into one of 63 bits.
MAX_KEYED = 2**21


def same_faces(one: RawMesh, other: RawMesh) -> bool:
    """Whether two files have as many vertices and list the same faces, corner for corner.

    How each frame's shape cuts polygons into triangles may differ, in this project or in the program that wrote triangles: two
    that share a diagonal count as the same quadrilateral cut the other way.
    """
    if len(one.vertices) != len(other.vertices) or (one.faces is None) != (other.faces is None):
        return False
    if one.faces is not None and np.array_equal(one.faces.counts, other.faces.counts):
        if np.array_equal(one.faces.corners, other.faces.corners):
            return True
        if (one.faces.counts != 3).any():
            return False
    return len(one.triangles) == len(other.triangles) and (
        np.array_equal(one.triangles, other.triangles) or _same_but_diagonals(one.triangles, other.triangles)
    )


def shared_frames(paths: list[Path], raws: list[RawMesh], moving: bool) -> list[Frame] | None:
    """Meshes with the same faces as frames with the same triangles and the files' own vertices in their order; None where
    their vertices don't correspond, or their size is none that single precision holds.

    Vertices that no face uses are left out. Where a file writes a vertex once for every look, those that are in one place in
    all frames are one; and as such files may list equal faces whatever their triangles are, their vertices correspond only if
    some frame has no two in one place that are not so in all. moving: they come of one file, whose vertices do.
    """
    first = raws[0]
    used, triangles = np.unique(first.triangles, return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    vertices = [raw.vertices[used] for raw in raws]
    if not SMALLEST < max(map(extent, vertices)) < LARGEST:
        return None
    if first.split or first.split is None and len(used) > len(triangles):
        same, distinct = _in_one_place(vertices)
        if not moving and same.max() + 1 != distinct:
            return None
        _, once = np.unique(same, return_index=True)
        # In the file's order.
        order = np.argsort(once)
        triangles = np.argsort(order)[same][triangles]
        vertices = [each[once[order]] for each in vertices]
    whole = with_three_corners(triangles)
    if not whole.any():
        return None
    triangles, frames = triangles[whole].astype(np.int32), []
    paint: Paint | None = None
    for path, raw, points in zip(paths, raws, vertices, strict=True):
        raw = _cut_as(raw, first)
        if raw.paint is not None:
            # Most sequences have one look: it is held once.
            own = raw.paint.only(whole)
            paint = paint if paint is not None and paint.equals(own) else own
        uv = None if raw.uv is None else raw.uv[whole]
        frames.append(Frame(path, points, triangles, None if raw.paint is None else paint, "", raw.losses, uv))
    return frames


def _same_but_diagonals(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether triangles [T, 3] become others, in any order, where pairs that fill a quadrilateral are cut the other way."""
    if max(one.max(), other.max()) >= MAX_KEYED or min(one.min(), other.min()) < 0:
        return False
    keys, other_keys = _keys(one), _keys(other)
    own = one[~np.isin(keys, other_keys)]
    wanted = np.sort(other_keys[~np.isin(other_keys, keys)])
    start, end, tip = np.concatenate([own, own[:, [1, 2, 0]], own[:, [2, 0, 1]]]).astype(np.int64).T
    sides = ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2))
    edges = np.concatenate([other[:, [a, b]] for a, b in sides]).astype(np.int64)
    diagonal = ~np.isin(start * MAX_KEYED + end, edges[:, 0] * MAX_KEYED + edges[:, 1])
    start, end, tip = start[diagonal], end[diagonal], tip[diagonal]
    # Each diagonal runs one way in one triangle and the other way in the other.
    forth, back = np.argsort(start * MAX_KEYED + end), np.argsort(end * MAX_KEYED + start)
    if len(start) != len(own) or not np.array_equal(start[forth], end[back]) or not np.array_equal(end[forth], start[back]):
        return False
    # (start, end, tip) and (end, start, other tip) become (tip, start, other tip) twice, once for each.
    turned = np.stack([tip[forth], start[forth], tip[back]], 1)
    return np.array_equal(np.sort(_keys(turned)), wanted)


def _keys(triangles: np.ndarray) -> np.ndarray:
    """A whole number for each triangle, whatever corner it begins with."""
    first = triangles.argmin(1)
    a, b, c = (triangles[np.arange(len(triangles)), (first + corner) % 3].astype(np.int64) for corner in range(3))
    return (a * MAX_KEYED + b) * MAX_KEYED + c


def _in_one_place(vertices: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """Which vertices are in one place in all frames, as a number of each, int [V]; and how many places the frame with the most
    of them has."""
    same, distinct = np.zeros(len(vertices[0]), np.int64), 0
    for points in vertices:
        size = extent(points)
        if size > 0:
            _, own = np.unique(cells(points, size) @ [2**42, 2**21, 1], return_inverse=True)
            count = int(own.max()) + 1
            distinct = max(distinct, count)
            _, same = np.unique(same * count + own, return_inverse=True)
    return same, distinct


def _cut_as(raw: RawMesh, first: RawMesh) -> RawMesh:
    """The mesh with its faces cut into the triangles of another one with the same faces."""
    if np.array_equal(raw.triangles, first.triangles):
        return raw
    if raw.faces is None or not np.array_equal(raw.faces.corners, first.faces.corners):
        # No file says which corners of its triangles were one: what has pictures shows the first frame's, colours its own.
        paint = raw.paint
        if paint is not None:
            of_vertex = np.zeros((len(raw.vertices), 3), paint.tint.dtype)
            of_vertex[raw.triangles.reshape(-1)] = paint.tint.reshape(-1, 3)
            paint = first.paint if paint.images else Paint.of_corners(of_vertex[first.triangles])
        return replace(raw, triangles=first.triangles, paint=paint, uv=first.uv)
    places, corners, count = raw.faces.places.reshape(-1), first.faces.places, len(raw.faces.corners)

    def moved(values: np.ndarray) -> np.ndarray:
        """What belongs to the corners of triangles, [T, 3, N], of the other triangles."""
        of_corner = np.zeros((count, values.shape[2]), values.dtype)
        of_corner[places] = values.reshape(-1, values.shape[2])
        return of_corner[corners]

    paint, uv = raw.paint, None if raw.uv is None else moved(raw.uv)
    if paint is not None:
        of_polygon = np.zeros(len(raw.faces.counts), paint.image.dtype)
        of_polygon[raw.faces.owner] = paint.image
        paint = replace(paint, tint=moved(paint.tint), uv=moved(paint.uv), image=of_polygon[first.faces.owner])
    return replace(raw, triangles=first.triangles, paint=paint, uv=uv)
