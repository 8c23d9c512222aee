"""Weights that do not tear a mesh: smoothed along its own edges where neighbours would come apart."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from engine.mesh.edges import directed_edges, unique_edges
from engine.mesh.files.frame import cells, extent
from engine.mesh.rig.build import strongest_weights
from engine.mesh.rig.skinning import skin

# An edge is torn that is so many times as long as at rest in some frame; so many of all may stay torn, and none that gapes.
TORN, SHARE, GAPING = 1.45, 0.004, 2.5
# The edges are looked at so often, with so many steps of smoothing between at first and twice as many after every second time:
# a step reaches an edge further, and where edges are short it takes many to spread a tear.
ROUNDS, STEPS = 17, 10
# Edges shorter than this share of the size have no length to speak of.
SHORT = 1e-5


def untorn_weights(rest: np.ndarray, triangles: np.ndarray, pose: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """weights [vertices, bones] of rest [vertices, 3], smoothed where pose [frames, bones, 4, 4] tears edges.

    Vertices in one place have one weight. Ends of torn edges take half of their neighbours' mean, round after round, until no
    more than SHARE of the edges are torn and none gapes; the weights that tear least are taken.
    """
    _, first, same = np.unique(cells(rest, extent(rest)), axis=0, return_index=True, return_inverse=True)
    same = same.reshape(-1)
    places, weights = rest[first], weights[first].copy()
    edges = unique_edges(directed_edges(same[triangles]))
    edges = edges[edges[:, 0] != edges[:, 1]]
    among = _neighbours(edges, len(places))
    best, least = weights.copy(), np.inf
    longer, changed = np.ones(len(edges)), np.ones(len(edges), bool)
    for turn in range(ROUNDS):
        longer[changed] = stretch(places, edges[changed], pose, weights)
        torn, excess = edges[longer > TORN], float((longer - TORN).clip(min=0).sum())
        if excess < least:
            best, least = weights.copy(), excess
        if len(torn) <= SHARE * len(edges) and longer.max() <= GAPING:
            break
        ends = np.zeros(len(places), bool)
        ends[torn] = True
        # And what is round them, so that the tear does not move one edge further.
        ends |= among @ ends > 0
        changed = ends[edges].any(1)
        among_ends = among[ends]
        for _ in range(STEPS * 2 ** (turn // 2)):
            weights[ends] = 0.5 * weights[ends] + 0.5 * (among_ends @ weights)
    return best[same]


def stretch(rest: np.ndarray, edges: np.ndarray, pose: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How many times as long as at rest each of edges [edges, 2] becomes, at most over the frames, [edges]."""
    size = extent(rest)
    used, edges = np.unique(edges, return_inverse=True)
    rest, edges = rest[used], edges.reshape(-1, 2)
    strongest, bones = strongest_weights(weights[used].T)
    before = np.linalg.norm(rest[edges[:, 0]] - rest[edges[:, 1]], axis=1)
    most = np.zeros(len(edges))
    for moment in pose:
        moved = skin(rest, moment[None], strongest, bones)[0]
        most = np.maximum(most, np.linalg.norm(moved[edges[:, 0]] - moved[edges[:, 1]], axis=1))
    least = SHORT * size
    return np.where(before > least, most / np.maximum(before, least), 1.0)


def _neighbours(edges: np.ndarray, count: int) -> csr_matrix:
    """Of each vertex, equal shares of those that it has an edge with, [count, count]."""
    rows, columns = np.concatenate([edges, edges[:, ::-1]]).T
    share = 1 / np.maximum(np.bincount(rows, minlength=count), 1)
    return coo_matrix((share[rows], (rows, columns)), (count, count)).tocsr()
