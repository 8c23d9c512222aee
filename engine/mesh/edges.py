"""Edges of triangle meshes."""

from __future__ import annotations

import numpy as np
import scipy.sparse


def directed_edges(triangles: np.ndarray) -> np.ndarray:
    """The three sides of every triangle [triangles, 3] as it winds, [3 x triangles, 2]: first all first sides, then all second
    ones, then all third ones."""
    return np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])


def unique_edges(edges: np.ndarray) -> np.ndarray:
    """Every edge of [edges, 2] once, its lower vertex first, in ascending order."""
    return np.unique(np.sort(edges, 1), axis=0)


def triangles_per_edge(triangles: np.ndarray) -> np.ndarray:
    """How many triangles each edge has, in the order of `unique_edges`: all 2 on a closed manifold, 1 on a border."""
    return np.unique(np.sort(directed_edges(triangles), 1), axis=0, return_counts=True)[1]


def edge_lengths(vertices: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Lengths [..., edges] of edges [edges, 2] between vertices [..., vertices, 3]."""
    return np.linalg.norm(vertices[..., edges[:, 0], :] - vertices[..., edges[:, 1], :], axis=-1)


def edge_graph(vertices: np.ndarray, edges: np.ndarray, shortest: float) -> scipy.sparse.csr_matrix:
    """Lengths of edges that each stand once [edges, 2], symmetric [vertices, vertices]. shortest: what shorter ones count as,
    since a graph has no edge of no length."""
    lengths = np.maximum(edge_lengths(vertices, edges), shortest)
    half = scipy.sparse.coo_matrix((lengths, edges.T), (len(vertices), len(vertices))).tocsr()
    return (half + half.T).tocsr()
