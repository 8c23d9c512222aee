"""The deformation graph: a few hundred nodes that carry a mesh (Sumner et al., Embedded Deformation, 2007).

Nodes are spread and weighted by distance along the surface, so that a hand that touches a hip does not drag it along. Each
node turns, moves and changes size; what neighbours disagree about costs energy (as rigid as possible).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from engine.mesh.edges import directed_edges, edge_graph, unique_edges
from engine.mesh.surface import Mesh

NODES = 250
PER_VERTEX = 4
NEIGHBOURS = 6


@dataclass(frozen=True)
class Graph:
    """nodes float64 [K, 3] at rest; edges int [E, 2], each once; for every vertex of the mesh the nodes that carry it, int
    [V, 4], and their weights [V, 4], which sum to one."""

    nodes: np.ndarray
    edges: np.ndarray
    carriers: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Pose:
    """What the nodes do in one frame: rotation [K, 3, 3], log_scale [K], shift [K, 3] (of the node from its rest place)."""

    rotation: np.ndarray
    log_scale: np.ndarray
    shift: np.ndarray

    @classmethod
    def rest(cls, count: int) -> Pose:
        """Nothing moved yet."""
        return cls(np.tile(np.eye(3), (count, 1, 1)), np.zeros(count), np.zeros((count, 3)))

    def stretch(self) -> np.ndarray:
        """Rotation times scale, [K, 3, 3]."""
        return self.rotation * np.exp(self.log_scale)[:, None, None]

    def moved(self, step: np.ndarray) -> Pose:
        """After a step [K, 7]: a rotation vector (world axes, radians), a log scale and a shift."""
        return Pose(rotations(step[:, :3]) @ self.rotation, self.log_scale + step[:, 3], self.shift + step[:, 4:])


def rotations(vectors: np.ndarray) -> np.ndarray:
    """Rotation vectors [N, 3] in radians to matrices [N, 3, 3] (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    axis = vectors / np.maximum(angle[:, 0], 1e-12)
    across = cross_matrices(axis)
    return np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across


def cross_matrices(vectors: np.ndarray) -> np.ndarray:
    """Matrices [..., 3, 3] that take the cross product with vectors [..., 3] from the left."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vectors.shape, 3)


def extrapolated(pose: Pose, before: Pose) -> Pose:
    """The pose after `pose` if every node goes on as it did from `before`."""
    turn = pose.rotation @ np.swapaxes(before.rotation, 1, 2)
    return Pose(turn @ pose.rotation, 2 * pose.log_scale - before.log_scale, 2 * pose.shift - before.shift)


def between(pose: Pose, other: Pose) -> Pose:
    """The pose half way from `pose` to `other`, each node turning the shorter way."""
    turn = Rotation.from_matrix(other.rotation @ np.swapaxes(pose.rotation, 1, 2)).as_rotvec()
    log_scale, shift = (pose.log_scale + other.log_scale) / 2, (pose.shift + other.shift) / 2
    return Pose(rotations(turn / 2) @ pose.rotation, log_scale, shift)


def build_graph(mesh: Mesh, count: int = NODES) -> Graph:
    """A graph of about `count` nodes on a mesh of one or more parts; every part has a node at least."""
    vertices = mesh.vertices.astype(np.float64)
    along = surface_graph(mesh)
    chosen, distance = _spread(along, vertices, min(count, len(vertices)))
    carriers, weights = _carriers(distance)
    edges = np.concatenate([_shared(carriers, weights), _near(distance[:, chosen]), _glue(along, vertices, chosen)])
    edges = unique_edges(edges)
    return Graph(vertices[chosen], edges[edges[:, 0] != edges[:, 1]], carriers, weights)


def deform(graph: Graph, pose: Pose, points: np.ndarray, which: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Rest points [N, 3] of the vertices `which` in a pose."""
    carriers, weights = graph.carriers[which], graph.weights[which]
    offset = points[:, None] - graph.nodes[carriers]
    moved = np.einsum("nkij,nkj->nki", pose.stretch()[carriers], offset) + (graph.nodes + pose.shift)[carriers]
    return np.einsum("nk,nki->ni", weights, moved)


def turn_normals(graph: Graph, pose: Pose, normals: np.ndarray, which: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Rest normals [N, 3] of the vertices `which` in a pose."""
    carriers, weights = graph.carriers[which], graph.weights[which]
    turned = np.einsum("nk,nkij,nj->ni", weights, pose.rotation[carriers], normals)
    return turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)


def part(graph: Graph, which: np.ndarray) -> Graph:
    """The same graph for some of its vertices."""
    return replace(graph, carriers=graph.carriers[which], weights=graph.weights[which])


def surface_graph(mesh: Mesh) -> scipy.sparse.csr_matrix:
    """Lengths of a mesh's edges, symmetric [V, V]."""
    return edge_graph(mesh.vertices.astype(np.float64), unique_edges(directed_edges(mesh.triangles)), 1e-9)


def _spread(along: scipy.sparse.csr_matrix, vertices: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Farthest points along the surface: vertex numbers [K] and the distances from each to all vertices [K, V]."""
    parts, label = connected_components(along, directed=False)
    firsts = [np.flatnonzero(label == index) for index in range(parts)]
    chosen = [int(of[np.argmax(np.linalg.norm(vertices[of] - vertices[of].mean(0), axis=1))]) for of in firsts]
    rows = [dijkstra(along, directed=False, indices=vertex) for vertex in chosen]
    nearest = np.min(rows, axis=0)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(int(nearest.argmax()))
        rows.append(dijkstra(along, directed=False, indices=chosen[-1]))
        nearest = np.minimum(nearest, rows[-1])
    return np.array(chosen), np.stack(rows)


def _carriers(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each vertex's nearest nodes [V, 4] and weights (1 - d / d5)^2 [V, 4], from distances [K, V]; parts with fewer nodes
    repeat one at no weight."""
    take = min(PER_VERTEX + 1, len(distance))
    order = np.argpartition(distance, take - 1, axis=0)[:take]
    order = np.take_along_axis(order, np.argsort(np.take_along_axis(distance, order, 0), 0), 0)
    near = np.take_along_axis(distance, order, 0)
    reach = near[-1] if take > PER_VERTEX else near[-1] * 1.5 + 1e-9
    reach = np.where(np.isfinite(reach), reach, 1.5 * np.where(np.isfinite(near), near, 0).max(0) + 1e-9)
    weights = np.clip(1 - near[:PER_VERTEX] / np.maximum(reach, 1e-12), 0, None) ** 2
    weights[~np.isfinite(near[:PER_VERTEX])] = 0
    # A vertex as far from its fifth node as from its first belongs to the first.
    weights[0, weights.sum(0) < 1e-9] = 1
    carriers = order[:PER_VERTEX]
    if len(carriers) < PER_VERTEX:
        lacking = PER_VERTEX - len(carriers)
        carriers = np.concatenate([carriers, np.repeat(carriers[:1], lacking, 0)])
        weights = np.concatenate([weights, np.zeros((lacking, weights.shape[1]))])
    carriers = np.where(weights > 0, carriers, carriers[:1])
    return carriers.T.copy(), (weights / weights.sum(0)).T.copy()


def _shared(carriers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pairs of nodes that carry a vertex together, [pairs, 2]."""
    pairs = [carriers[:, [a, b]][weights[:, b] > 0] for a in range(PER_VERTEX) for b in range(a + 1, PER_VERTEX)]
    return np.concatenate(pairs)


def _near(distance: np.ndarray) -> np.ndarray:
    """Every node with its nearest along the surface, [pairs, 2], from distances between nodes [K, K]."""
    take = min(NEIGHBOURS + 1, len(distance))
    order = np.argsort(distance, 1)[:, :take]
    rows = np.repeat(np.arange(len(distance)), take)
    pairs = np.stack([rows, order.ravel()], 1)
    return pairs[np.isfinite(np.take_along_axis(distance, order, 1)).ravel()]


def _glue(along: scipy.sparse.csr_matrix, vertices: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Nodes of every part but the largest with their nearest nodes of other parts in space, [pairs, 2]."""
    parts, label = connected_components(along, directed=False)
    if parts == 1:
        return np.zeros((0, 2), int)
    of_node, pairs = label[chosen], []
    largest = np.bincount(label).argmax()
    for index in range(parts):
        own, others = np.flatnonzero(of_node == index), np.flatnonzero(of_node != index)
        if index == largest or len(own) == 0:
            continue
        distance, nearest = cKDTree(vertices[chosen[others]]).query(vertices[chosen[own]])
        # All nodes of a small part, the nearest few of a large one.
        keep = np.argsort(distance)[: max(3, len(own) // 4)]
        pairs.append(np.stack([own[keep], others[nearest[keep]]], 1))
    return np.concatenate(pairs)
