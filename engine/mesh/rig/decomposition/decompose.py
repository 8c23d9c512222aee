"""Bones for vertices that move: smooth skinning decomposition (Le and Deng 2012).

By motion alone, two legs that swing alike would be one bone. Here parts that hang together are found first, and a vertex goes
with bones that are near along the surface.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from engine.mesh.rig.decomposition.graph import distances, neighbourhood, separate, surface_graph
from engine.mesh.rig.decomposition.weights import solve_pose, solve_weights
from engine.mesh.rig.skinning import matrices, rigid

# Rounds of giving each vertex to the part that explains it best, after each new part; and how many edges a border moves in one.
ROUNDS, HOPS = 5, 3
# So many places in a row are tried for a new part.
TRIES = 8
# Rounds of better weights and better poses: of a trial, and of the result.
TRIAL, ALTERNATIONS = 2, 5
# Bones are added until the mesh is this close on average, as a share of the box diagonal, up to so many; where that can't be
# had, as few as leave at most this share more than the best.
ERROR, MAX_FOUND, SPARED = 0.0007, 32, 0.3
# Bones without which the error grows by less than this share are left out; so many that seem to help least are tried at a time.
MISSED, SPARE = 0.05, 4
# Bones without which the mesh is still this close are left out too, as a share of the box diagonal.
NEVER_MISSED = 0.0004
# A bone needs so many vertices of its own, and something to explain: a distance of at least this share of the size.
MIN_VERTICES, MIN_MOTION = 4, 1e-3
# A vertex goes with bones whose part is at most this share of the size away along the surface.
NEAR = 0.08


@dataclass(frozen=True)
class Decomposition:
    """pose float64 [frames, bones, 4, 4], from rest to posed; weights float64 [bones, vertices], which sum to 1."""

    pose: np.ndarray
    weights: np.ndarray

    def vertices(self, rest: np.ndarray) -> np.ndarray:
        """rest [vertices, 3] moved, [frames, vertices, 3]."""
        blended = np.einsum("bv,fbij->fvij", self.weights, self.pose[:, :, :3], optimize=True)
        return np.einsum("fvij,vj->fvi", blended[..., :3], rest) + blended[..., 3]

    def error(self, rest: np.ndarray, vertices: np.ndarray) -> float:
        """Mean distance from vertices [frames, vertices, 3], as a share of their box's diagonal."""
        size = np.linalg.norm(np.ptp(vertices.reshape(-1, 3), axis=0))
        return float(np.linalg.norm(self.vertices(rest) - vertices, axis=-1).mean() / size)


def decompose(vertices: np.ndarray, rest: np.ndarray, triangles: np.ndarray, bones: int) -> Decomposition:
    """At most `bones` rigid bones for vertices float64 [frames, vertices, 3], with at most four to a vertex.

    rest float64 [vertices, 3]. Bones that would move nothing of their own are left out.
    """
    graph = surface_graph(rest, triangles)
    *_, label = segments(vertices, rest, graph, bones)
    return _pruned(vertices, rest, graph, label)


def find_bones(vertices: np.ndarray, rest: np.ndarray, triangles: np.ndarray, noise: float = 0.0) -> Decomposition:
    """The fewest bones that bring the mesh as close as ERROR says, or nearly as close as MAX_FOUND would.

    noise: how far vertices are from where they should be on average, as a share of the box diagonal: no bone follows that.
    """
    close = max(ERROR, noise)
    graph = surface_graph(rest, triangles)
    labels, errors = [], []
    for label in segments(vertices, rest, graph, MAX_FOUND):
        labels.append(label)
        errors.append(_error(vertices, rest, graph, label))
        if errors[-1] <= close:
            break
    enough = max(close, (1 + SPARED) * min(errors))
    label = next(label for label, error in zip(labels, errors, strict=True) if error <= enough)
    return _pruned(vertices, rest, graph, label)


def segments(
    vertices: np.ndarray, rest: np.ndarray, graph: scipy.sparse.csr_matrix, most: int
) -> Iterator[np.ndarray]:
    """Splits the surface, a graph of lengths [vertices, vertices], into ever more parts, up to `most`, that each hang together
    and move about rigidly; yields each division, int [vertices].

    The next part begins where the motion is explained worst. Stops early where no other part would hold.
    """
    smooth = neighbourhood(graph)
    least = (MIN_MOTION * np.linalg.norm(np.ptp(rest, axis=0))) ** 2
    label, failed = np.zeros(len(rest), int), np.zeros(len(rest), bool)
    error = _errors(vertices, rest, label, smooth)
    yield label
    tries = TRIES
    while label.max() + 1 < most and tries:
        unexplained = np.where(failed, 0, error[label, np.arange(len(rest))])
        if unexplained.max() < least:
            return
        near = _patch(smooth, int(unexplained.argmax()), max(MIN_VERTICES, len(rest) // (4 * most)))
        tried = label.copy()
        tried[near] = label.max() + 1
        for _ in range(ROUNDS):
            tried = _best_nearby(_errors(vertices, rest, tried, smooth), tried, smooth)
        tried = separate(tried, graph, MIN_VERTICES)
        if label.max() < tried.max() < most:
            label, error = tried, _errors(vertices, rest, tried, smooth)
            tries = TRIES
            yield label
        else:
            failed[near] = True
            tries -= 1


def refine(
    vertices: np.ndarray, rest: np.ndarray, graph: scipy.sparse.csr_matrix, label: np.ndarray, rounds: int = ALTERNATIONS
) -> Decomposition:
    """Soft weights and better poses from parts [vertices]."""
    parts = np.arange(int(label.max()) + 1)[:, None]
    weights = np.float64(parts == label)
    pose = matrices(*rigid(rest, vertices, weights))
    if len(parts) == 1:
        return Decomposition(pose, weights)
    near = np.isfinite(distances(graph, label, NEAR * float(np.linalg.norm(np.ptp(rest, axis=0)))))
    smooth = neighbourhood(graph)
    for _ in range(rounds):
        weights = solve_weights(vertices, rest, pose, near, smooth, weights)
        pose = solve_pose(vertices, rest, pose, weights)
    return Decomposition(pose, weights)


def _pruned(vertices: np.ndarray, rest: np.ndarray, graph: scipy.sparse.csr_matrix, label: np.ndarray) -> Decomposition:
    """The bones of parts [vertices] without those that hardly help: joined to a neighbour one by one, the least missed
    first."""
    enough = max(NEVER_MISSED, (1 + MISSED) * _error(vertices, rest, graph, label))
    done = False
    while not done:
        done = True
        for fewer in _joined(vertices, rest, graph, label):
            if _error(vertices, rest, graph, fewer) <= enough:
                label, done = fewer, False
                break
    return refine(vertices, rest, graph, label)


def _joined(
    vertices: np.ndarray, rest: np.ndarray, graph: scipy.sparse.csr_matrix, label: np.ndarray
) -> Iterator[np.ndarray]:
    """Divisions with one part given to the neighbour that explains it best: those that make least difference, the least
    first."""
    smooth = neighbourhood(graph)
    error = _errors(vertices, rest, label, smooth)
    own = error[label, np.arange(len(label))]
    ends = label[np.stack(graph.nonzero())]
    pairs = np.unique(ends[:, ends[0] != ends[1]], axis=1).T
    costs = [(error[to, label == part] - own[label == part]).sum() for part, to in pairs]
    for part, to in pairs[np.argsort(costs)[:SPARE]]:
        fewer = np.unique(np.where(label == part, to, label), return_inverse=True)[1]
        yield fewer
        for _ in range(ROUNDS):
            fewer = _best_nearby(_errors(vertices, rest, fewer, smooth), fewer, smooth)
        fewer = separate(fewer, graph, MIN_VERTICES)
        if fewer.max() < label.max():
            yield fewer


def _error(vertices: np.ndarray, rest: np.ndarray, graph: scipy.sparse.csr_matrix, label: np.ndarray) -> float:
    """About how far the mesh is off with these parts, as a share of the box diagonal."""
    return refine(vertices, rest, graph, label, TRIAL).error(rest, vertices)


def _errors(vertices: np.ndarray, rest: np.ndarray, label: np.ndarray, smooth: scipy.sparse.csr_matrix) -> np.ndarray:
    """Mean squared distance of each vertex if it went with each part, over its neighbourhood, [parts, vertices]."""
    parts = label.max() + 1
    turn, shift = rigid(rest, vertices, np.float64(np.arange(parts)[:, None] == label))
    error = np.empty((parts, len(rest)))
    for part in range(parts):
        there = rest @ turn[:, part].transpose(0, 2, 1) + shift[:, part, None]
        error[part] = ((there - vertices) ** 2).sum(-1).mean(0)
    return (smooth @ error.T).T


def _best_nearby(error: np.ndarray, label: np.ndarray, smooth: scipy.sparse.csr_matrix) -> np.ndarray:
    """The part with the least error [parts, vertices] among those a few edges away, numbered from 0 without gaps."""
    near = np.float64(np.arange(len(error))[:, None] == label).T
    for _ in range(HOPS):
        near = smooth @ near
    best = np.where(near.T > 0, error, np.inf).argmin(0)
    return np.unique(best, return_inverse=True)[1]


def _patch(smooth: scipy.sparse.csr_matrix, seed: int, count: int) -> np.ndarray:
    """About `count` vertices around `seed` along the surface."""
    patch = np.array([seed])
    while len(patch) < count:
        wider = np.unique(smooth[patch].indices)
        if len(wider) == len(patch):
            break
        patch = wider
    return patch
