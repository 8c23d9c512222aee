"""One Gauss-Newton step of a deformation graph towards where the data want its vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import splu

from engine.mesh.track.graph import PER_VERTEX, Graph, Pose, cross_matrices

UNKNOWNS = 7
# Weights of what keeps a node's size: that it is its neighbours', and that it is one. In units of the stiffness.
EVEN_SIZE, UNIT_SIZE = 0.3, 0.01


@dataclass(frozen=True)
class DataTerm:
    """What the data want of N vertices: the quadratic form (v - goal)^T metric (v - goal) each.

    metric [N, 3, 3], positive semidefinite; pull [N, 3] = metric (goal - v).
    """

    metric: np.ndarray
    pull: np.ndarray


class Solver:
    """Steps for one graph and the vertices it carries; what depends on neither pose nor data is worked out once."""

    def __init__(self, graph: Graph, points: np.ndarray) -> None:
        """points [N, 3]: the carried vertices at rest."""
        self.graph = graph
        self.offset = points[:, None] - graph.nodes[graph.carriers]
        count, per = len(graph.nodes), graph.carriers.shape[1]
        first, second = np.triu_indices(per)
        low = np.minimum(graph.carriers[:, first], graph.carriers[:, second])
        high = np.maximum(graph.carriers[:, first], graph.carriers[:, second])
        self.first, self.second = first, second
        # Where a pair's nodes are in the other order, its block is transposed.
        self.turned = graph.carriers[:, first] > graph.carriers[:, second]
        keys = low * count + high
        edge_keys = graph.edges[:, 0] * count + graph.edges[:, 1]
        used, place = np.unique(np.concatenate([keys.ravel(), edge_keys, np.arange(count) * (count + 1)]), return_inverse=True)
        self.rows, self.columns = used // count, used % count
        pairs = keys.size
        self.gather = scipy.sparse.csr_matrix(
            (np.ones(pairs), (place[:pairs], np.arange(pairs))), (len(used), pairs)
        )
        self.of_edge = place[pairs : pairs + len(edge_keys)]
        self.diagonal = place[pairs + len(edge_keys) :]
        self.spread = scipy.sparse.csr_matrix(
            (np.ones(graph.carriers.size), (graph.carriers.ravel(), np.arange(graph.carriers.size))),
            (count, graph.carriers.size),
        )
        self._pattern()

    def step(self, pose: Pose, data: DataTerm, stiffness: float) -> tuple[Pose, float]:
        """The pose after one step, and the mean energy of the edges before it (squared length)."""
        blocks, right = self._data_terms(pose, data)
        edge_blocks, edge_right, energy = self._edge_terms(pose, stiffness)
        matrix = self._assemble(blocks + edge_blocks)
        found = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}).solve(
            (right + edge_right).ravel()
        )
        return pose.moved(found.reshape(-1, UNKNOWNS)), energy

    def _data_terms(self, pose: Pose, data: DataTerm) -> tuple[np.ndarray, np.ndarray]:
        carriers, weights = self.graph.carriers, self.graph.weights
        arm = np.einsum("nkij,nkj->nki", pose.stretch()[carriers], self.offset)
        jacobian = weights[..., None, None] * _jacobian(arm)
        rows = np.swapaxes(jacobian, 1, 2).reshape(len(arm), 3, -1)
        square = np.swapaxes(rows, 1, 2) @ (data.metric @ rows)
        products = square.reshape(len(arm), PER_VERTEX, UNKNOWNS, PER_VERTEX, UNKNOWNS)
        products = products[:, self.first, :, self.second].swapaxes(0, 1)
        products = np.where(self.turned[..., None, None], np.swapaxes(products, -1, -2), products)
        # A pair of two places of one node stands for both orders.
        twice = (self.first != self.second) & (carriers[:, self.first] == carriers[:, self.second])
        products = np.where(twice[..., None, None], products + np.swapaxes(products, -1, -2), products)
        blocks = self.gather @ products.reshape(-1, UNKNOWNS**2)
        right = np.einsum("nkiu,ni->nku", jacobian, data.pull)
        return blocks.reshape(-1, UNKNOWNS, UNKNOWNS), self.spread @ right.reshape(-1, UNKNOWNS)

    def _edge_terms(self, pose: Pose, stiffness: float) -> tuple[np.ndarray, np.ndarray, float]:
        count = len(self.graph.nodes)
        nodes, (first, second) = self.graph.nodes, self.graph.edges.T
        weight = stiffness / (2 * len(first))
        blocks = np.zeros((len(self.rows), UNKNOWNS, UNKNOWNS))
        right, energy, stretch, places = np.zeros((count, UNKNOWNS)), 0.0, pose.stretch(), nodes + pose.shift
        only_shift = np.concatenate([np.zeros((3, 4)), np.eye(3)], 1)
        for a, b in ((first, second), (second, first)):
            arm = np.einsum("eij,ej->ei", stretch[a], nodes[b] - nodes[a])
            off = places[b] - places[a] - arm
            energy += float((off**2).sum())
            own = _jacobian(arm)
            np.add.at(blocks, self.diagonal[a], weight * (np.swapaxes(own, 1, 2) @ own))
            np.add.at(blocks, self.diagonal[b], weight * (only_shift.T @ only_shift))
            cross = -weight * (np.swapaxes(own, 1, 2) @ only_shift)
            np.add.at(blocks, self.of_edge, cross if a is first else np.swapaxes(cross, 1, 2))
            np.add.at(right, a, weight * np.einsum("eiu,ei->eu", own, off))
            np.add.at(right, b, -weight * off @ only_shift)
        length = ((nodes[second] - nodes[first]) ** 2).sum(1)
        even = EVEN_SIZE * weight * length
        gap = pose.log_scale[second] - pose.log_scale[first]
        for node in (first, second):
            np.add.at(blocks[:, 3, 3], self.diagonal[node], even)
        np.add.at(blocks[:, 3, 3], self.of_edge, -even)
        np.add.at(right[:, 3], first, even * gap)
        np.add.at(right[:, 3], second, -even * gap)
        unit = UNIT_SIZE * stiffness * length.mean() / count
        blocks[self.diagonal, 3, 3] += unit
        right[:, 3] -= unit * pose.log_scale
        # Enough to make a node that nothing holds solvable.
        blocks[self.diagonal] += 1e-9 * np.eye(UNKNOWNS)
        return blocks, right, energy / (2 * len(first))

    def _pattern(self) -> None:
        """Where the blocks' entries go in a compressed matrix with both triangles."""
        inside = np.arange(UNKNOWNS)
        row = (self.rows[:, None, None] * UNKNOWNS + inside[:, None]).repeat(UNKNOWNS, 2)
        column = (self.columns[:, None, None] * UNKNOWNS + inside[None]).repeat(UNKNOWNS, 1)
        off = self.rows != self.columns
        rows, columns = np.concatenate([row, column[off]]).ravel(), np.concatenate([column, row[off]]).ravel()
        source = np.arange(row.size).reshape(row.shape)
        source = np.concatenate([source, source[off]]).ravel()
        size = len(self.graph.nodes) * UNKNOWNS
        matrix = scipy.sparse.csc_matrix((source + 1.0, (rows, columns)), (size, size))
        self.source = (matrix.data - 1).astype(np.int64)
        self.template = matrix

    def _assemble(self, blocks: np.ndarray) -> scipy.sparse.csc_matrix:
        values = blocks.ravel()[self.source]
        return scipy.sparse.csc_matrix((values, self.template.indices, self.template.indptr), self.template.shape)


def _jacobian(arm: np.ndarray) -> np.ndarray:
    """How a point at `arm` [..., 3] from its node moves with the node's rotation, log scale and shift, [..., 3, 7]."""
    identity = np.broadcast_to(np.eye(3), (*arm.shape[:-1], 3, 3))
    return np.concatenate([-cross_matrices(arm), arm[..., None], identity], -1)
