"""Even triangles: no slivers, edges of one length, so that a mesh shades, bends and subdivides well."""

from __future__ import annotations

import math

import numpy as np
from gpytoolbox import remesh_botsch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from engine.mesh.atlas import is_closed
from engine.mesh.edges import directed_edges
from engine.mesh.simplify import simplify
from engine.mesh.surface import Mesh, volume

ROUNDS = 10
# What a remeshing may change of the enclosed volume; more means that parts thinner than a triangle were lost.
MAX_CHANGE = 0.02
# How many more triangles than asked for an even mesh may have.
MAX_SURPLUS = 1.3


def even(mesh: Mesh, triangles: int) -> Mesh:
    """The same surface with about `triangles` triangles of one size (Botsch and Kobbelt, 2004).

    A mesh that is not a closed manifold, or that has parts too thin for triangles of that size, comes back as it was.
    """
    if len(mesh.triangles) == 0 or not is_manifold(mesh):
        return mesh
    vertices = mesh.vertices.astype(np.float64)
    a, b, c = (vertices[mesh.triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    length = math.sqrt(4 * area / (math.sqrt(3) * triangles))
    found, faces = remesh_botsch(vertices, mesh.triangles.astype(np.int32), ROUNDS, length, True)
    evened = Mesh(found.astype(np.float32), faces.astype(np.int32))
    if not np.isfinite(found).all() or not is_manifold(evened) or parts(evened) != parts(mesh):
        return mesh
    return evened if abs(volume(evened) / volume(mesh) - 1) < MAX_CHANGE else mesh


def reduced(mesh: Mesh, triangles: int) -> Mesh:
    """At most about `triangles` triangles: even ones, or where that can't be, those of the decimation."""
    evened = even(simplify(mesh, 2 * triangles), triangles)
    return evened if len(evened.triangles) <= MAX_SURPLUS * triangles else simplify(mesh, triangles)


def is_manifold(mesh: Mesh) -> bool:
    """Whether every edge has two triangles and the triangles round every vertex are one fan."""
    if not is_closed(mesh):
        return False
    # Corners of one vertex that share an edge belong to one fan; a second fan would add to the count.
    triangles, count = mesh.triangles, len(mesh.triangles)
    corner = np.arange(3 * count).reshape(-1, 3)
    first, second = triangles[:, [0, 1, 2]].ravel(), triangles[:, [1, 2, 0]].ravel()
    at_first, at_second = corner[:, [0, 1, 2]].ravel(), corner[:, [1, 2, 0]].ravel()
    low = first < second
    ends = np.where(low, first, second), np.where(low, second, first)
    corners = np.where(low, at_first, at_second), np.where(low, at_second, at_first)
    order = np.lexsort(ends)
    left, right = order[::2], order[1::2]
    rows = np.concatenate([corners[0][left], corners[1][left]])
    columns = np.concatenate([corners[0][right], corners[1][right]])
    joined = coo_matrix((np.ones(len(rows)), (rows, columns)), (3 * count, 3 * count))
    return connected_components(joined, directed=False)[0] == len(np.unique(triangles))


def parts(mesh: Mesh) -> int:
    """How many pieces a mesh has that share no vertex."""
    count = len(mesh.vertices)
    edges = directed_edges(mesh.triangles)
    joined = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count))
    label = connected_components(joined, directed=False)[1]
    return len(np.unique(label[mesh.triangles[:, 0]]))
