"""Fewer triangles, same shape."""

from __future__ import annotations

import fast_simplification
import numpy as np
import scipy.sparse

from engine.mesh.edges import directed_edges
from engine.mesh.surface import Mesh


def smooth(mesh: Mesh, rounds: int = 6, forward: float = 0.5, backward: float = -0.53) -> Mesh:
    """Taubin smoothing (1995): takes the staircase of the voxels away and keeps the volume."""
    count = len(mesh.vertices)
    if count == 0:
        return mesh
    edges = directed_edges(mesh.triangles)
    edges = np.concatenate([edges, edges[:, ::-1]])
    adjacency = scipy.sparse.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    adjacency.data[:] = 1
    mean = scipy.sparse.diags(1 / np.maximum(np.asarray(adjacency.sum(1)).ravel(), 1)) @ adjacency
    vertices = mesh.vertices.astype(np.float64)
    for _ in range(rounds):
        for factor in (forward, backward):
            vertices += factor * (mean @ vertices - vertices)
    return Mesh(vertices.astype(np.float32), mesh.triangles)


def simplify(mesh: Mesh, triangles: int) -> Mesh:
    """Quadric decimation to at most about `triangles` triangles."""
    if len(mesh.triangles) <= triangles:
        return mesh
    vertices, faces = fast_simplification.simplify(
        mesh.vertices, mesh.triangles, target_count=triangles, agg=5.0
    )
    return Mesh(vertices.astype(np.float32), faces.astype(np.int32))
