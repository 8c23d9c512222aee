"""The colours of a mesh sequence, from vertices, materials or textures, baked into one texture of the mesh that follows it."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from engine.mesh.bake import MOMENTS, pad, rasterise
from engine.mesh.files.frame import Frame
from engine.mesh.surface import Mesh
from engine.mesh.track.sample import sample, triangle_distances

GREY = 0.75
NEAREST = 6


def albedo(frames: list[Frame], positions: np.ndarray, triangles: np.ndarray, uv: np.ndarray, texture: int) -> np.ndarray:
    """The median, over up to MOMENTS of the frames with colours, of what each has nearest to every texel; grey where none has.

    positions [F, V, 3] and uv [T, 3, 2] of the mesh that follows. Returns sRGB uint8 [texture, texture, 3].
    """
    texels = rasterise(uv, texture)
    _, _, triangle, weights = texels
    painted = np.array([number for number, frame in enumerate(frames) if frame.paint is not None], int)
    if len(painted) == 0:
        return pad(np.full((len(triangle), 3), GREY), texels, texture)
    looked = painted[np.unique(np.linspace(0, len(painted) - 1, min(len(painted), MOMENTS)).round().astype(int))]
    seen = []
    for index in looked:
        points = np.einsum("tk,tkx->tx", weights, positions[index][triangles[triangle]])
        seen.append(colours_near(frames[index], points))
    return pad(np.median(seen, axis=0), texels, texture)


def colours_near(frame: Frame, points: np.ndarray) -> np.ndarray:
    """A painted frame's colours at the places of its surface nearest to points [N, 3], [N, 3] in [0, 1]."""
    triangle, weights = nearest_on(Mesh(frame.vertices, frame.triangles), points)
    return frame.paint.at(triangle, weights)


def nearest_on(mesh: Mesh, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where on a mesh points [N, 3] are nearest: triangle int [N] and weights of its corners [N, 3].

    Among the triangles that the nearest few of many samples lie on; weights are those of the plane's nearest point, cut to
    the triangle.
    """
    samples = sample(mesh, None, max(40_000, 3 * len(mesh.triangles)), 0)
    near = samples.triangles[cKDTree(samples.points).query(points, NEAREST, workers=-1)[1]]
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    best = triangle_distances(points[:, None], corners[near]).argmin(1)
    triangle = near[np.arange(len(points)), best]
    a, b, c = (corners[triangle, corner] for corner in range(3))
    normal = np.cross(b - a, c - a)
    size = np.maximum((normal**2).sum(1), 1e-30)
    weights = [(np.cross(end - start, points - start) * normal).sum(1) / size for start, end in ((b, c), (c, a), (a, b))]
    weights = np.stack(weights, 1).clip(0, None)
    total = weights.sum(1, keepdims=True)
    # Samples lie on triangles that have an area; what is left is rounding.
    return triangle, np.where(total > 0, weights / np.maximum(total, 1e-12), 1 / 3)
