"""The surface as a graph of its vertices, whatever it is in pieces."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from engine.mesh.edges import directed_edges, edge_graph, unique_edges


def surface_graph(rest: np.ndarray, triangles: np.ndarray) -> scipy.sparse.csr_matrix:
    """Lengths of the edges, symmetric [vertices, vertices]; loose pieces are joined to the nearest vertex of the others."""
    edges = directed_edges(triangles)
    _, piece = connected_components(_graph(rest, edges), directed=False)
    sizes = np.bincount(piece)
    joined = piece == sizes.argmax()
    bridges = []
    for number in np.argsort(-sizes)[1:]:
        own, others = np.flatnonzero(piece == number), np.flatnonzero(joined)
        distance, nearest = cKDTree(rest[others]).query(rest[own])
        bridges.append([own[distance.argmin()], others[nearest[distance.argmin()]]])
        joined |= piece == number
    return _graph(rest, np.concatenate([edges, bridges]) if bridges else edges)


def neighbourhood(graph: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """The mean over a vertex and its neighbours, [vertices, vertices]."""
    near = graph.copy()
    near.data[:] = 1
    near = near + scipy.sparse.identity(graph.shape[0], format="csr")
    return scipy.sparse.diags(1 / np.asarray(near.sum(1)).ravel()) @ near


def separate(label: np.ndarray, graph: scipy.sparse.csr_matrix, least: int) -> np.ndarray:
    """Parts [vertices] such that each hangs together, numbered from 0; pieces of fewer than `least` vertices go to a part they
    touch."""
    ends = np.stack(graph.nonzero())
    inside = label[ends[0]] == label[ends[1]]
    _, piece = connected_components(
        scipy.sparse.csr_matrix((np.ones(inside.sum()), ends[:, inside]), graph.shape), directed=False
    )
    while True:
        sizes = np.bincount(piece)
        small = np.flatnonzero((sizes > 0) & (sizes < least))
        if len(small) == 0 or len(np.flatnonzero(sizes)) == 1:
            return np.unique(piece, return_inverse=True)[1]
        smallest = small[sizes[small].argmin()]
        touching = piece[ends[1][(piece[ends[0]] == smallest) & (piece[ends[1]] != smallest)]]
        piece[piece == smallest] = np.bincount(touching).argmax()


def distances(graph: scipy.sparse.csr_matrix, label: np.ndarray, limit: float) -> np.ndarray:
    """How far along the surface each vertex is from each part, [parts, vertices]; beyond `limit` infinite."""
    parts = range(int(label.max()) + 1)
    return np.stack(
        [dijkstra(graph, indices=np.flatnonzero(label == part), limit=limit, min_only=True) for part in parts]
    )


def _graph(rest: np.ndarray, edges: np.ndarray) -> scipy.sparse.csr_matrix:
    return edge_graph(rest, unique_edges(edges), 1e-12)
