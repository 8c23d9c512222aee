"""A surface as points: where it is, which way it faces, and its colour where it has one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from engine.mesh.bake import vertex_normals
from engine.mesh.surface import Mesh


@dataclass(frozen=True)
class Samples:
    """points float64 [N, 3], unit normals [N, 3], colours [N, 3] in [0, 1] or None, and the triangle each lies on, int [N]."""

    points: np.ndarray
    normals: np.ndarray
    colours: np.ndarray | None
    triangles: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def some(self, which: np.ndarray) -> Samples:
        """The samples `which`."""
        colours = None if self.colours is None else self.colours[which]
        return Samples(self.points[which], self.normals[which], colours, self.triangles[which])


def sample(mesh: Mesh, colours: np.ndarray | None, count: int, seed: int) -> Samples:
    """`count` points spread evenly over a mesh's area (stratified over its triangles); colours: of its vertices, [V, 3]."""
    generator = np.random.default_rng(seed)
    share = np.cumsum(areas(mesh))
    place = (np.arange(count) + generator.random(count)) / count * share[-1]
    triangle = np.minimum(np.searchsorted(share, place), len(share) - 1)
    u, v = generator.random((2, count))
    fold = u + v > 1
    u[fold], v[fold] = 1 - u[fold], 1 - v[fold]
    weights = np.stack([1 - u - v, u, v], 1)
    corners = mesh.triangles[triangle]
    points = np.einsum("nk,nki->ni", weights, mesh.vertices[corners].astype(np.float64))
    normals = np.einsum("nk,nki->ni", weights, vertex_normals(mesh)[corners])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    seen = None if colours is None else np.einsum("nk,nki->ni", weights, colours[corners])
    return Samples(points, normals, seen, triangle)


def areas(mesh: Mesh) -> np.ndarray:
    """Areas of the triangles, float64 [T]."""
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]].astype(np.float64) for corner in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def vertex_areas(mesh: Mesh) -> np.ndarray:
    """A third of the triangles round each vertex, float64 [V]."""
    return np.bincount(mesh.triangles.ravel(), np.repeat(areas(mesh) / 3, 3), len(mesh.vertices))


def distance_to(mesh: Mesh, points: np.ndarray, samples: Samples | None = None, nearest: int = 8) -> np.ndarray:
    """Distances from points [N, 3] to a mesh, [N]: to the triangles that its `nearest` samples lie on."""
    samples = samples or sample(mesh, None, max(20_000, 2 * len(mesh.triangles)), 0)
    triangles = samples.triangles[cKDTree(samples.points).query(points, nearest, workers=-1)[1]]
    corners = mesh.vertices[mesh.triangles[triangles]].astype(np.float64)
    return np.sqrt(triangle_distances(points[:, None], corners).min(1))


def triangle_distances(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Squared distances from points [..., 3] to triangles [..., 3 corners, 3]: to its plane or else an edge."""
    a, b, c = (corners[..., index, :] for index in range(3))
    normal = np.cross(b - a, c - a)
    size = np.maximum((normal**2).sum(-1), 1e-30)
    offset = points - a
    # A triangle without an area has edges alone.
    inside = np.broadcast_to(size > 1e-30, np.broadcast_shapes(offset.shape[:-1], size.shape)).copy()
    closest = np.full(inside.shape, np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        edge, away = end - start, points - start
        inside &= (np.cross(edge, away) * normal).sum(-1) >= 0
        along = np.clip((away * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-30), 0, 1)
        closest = np.minimum(closest, ((away - along[..., None] * edge) ** 2).sum(-1))
    return np.where(inside, (offset * normal).sum(-1) ** 2 / size, closest)
