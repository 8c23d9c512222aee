"""The motion of the whole body, which is the object's and not the bones'."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from engine.mesh.edges import directed_edges, edge_lengths, unique_edges

# The fit is by the sum of distances, not of squares, so that limbs that swing don't take the body along.
ROUNDS = 20
# Ways to turn, the plainest first; a body that only winds or gallops keeps its axes, which is what an animator edits.
TURNS = ("none", "yaw", "full")
# A way with more to it is taken where it leaves at most this share of the distance that plainer ways leave.
GAIN = 0.5
# A body grows where its edges' median length changes by more than this over the clip, as a factor.
GROWTH = 1.05
# A body that turns further than this from one frame to the next, radians, is one that is taken for its mirror image.
MAX_STEP = np.pi / 2
# Distances below this share of the size all count as none.
EXACT = 1e-3


def root_motion(vertices: np.ndarray, rest: int, triangles: np.ndarray) -> np.ndarray:
    """The motion as one body that explains most of vertices [frames, vertices, 3], as root [frames, 10]: translation,
    quaternion wxyz, scale (the same along all axes).

    The armature's origin is the centre of mass of frame `rest`, its axes are the world's there.
    """
    mass = vertex_mass(vertices[rest], triangles)
    start = vertices[rest] - centre(vertices[rest], mass)
    size = float(np.linalg.norm(np.ptp(start, axis=0)))
    scales = _growth(vertices, rest, triangles)
    root, least = None, np.inf
    for turns in TURNS:
        fits = [_fit(scale * start, end, mass, size, turns) for scale, end in zip(scales, vertices, strict=True)]
        error = float(np.mean([error for _, error in fits]))
        found = _continuous(np.stack([pose for pose, _ in fits]))
        if error < GAIN * least and (root is None or _largest_step(found) < MAX_STEP):
            root, least = found, max(error, EXACT)
    root[:, 7:] = scales[:, None]
    return root


def centre(points: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """The centre of mass [3] of points [vertices, 3]."""
    return mass @ points / mass.sum()


def vertex_mass(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """A third of the area of a vertex's triangles, [vertices]; never nothing."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    mass = np.bincount(triangles.ravel(), np.repeat(area, 3), len(vertices))
    return mass + 1e-6 * max(mass.mean(), 1e-30)


def _growth(vertices: np.ndarray, rest: int, triangles: np.ndarray) -> np.ndarray:
    """How large the body is in each frame, [frames], by the median of its edges' lengths: whatever moves, edges keep theirs."""
    lengths = edge_lengths(vertices, unique_edges(directed_edges(triangles)))
    scales = np.median(lengths / np.maximum(lengths[rest], 1e-12), axis=1)
    return scales if scales.max() > GROWTH * scales.min() else np.ones(len(vertices))


def _fit(start: np.ndarray, end: np.ndarray, mass: np.ndarray, size: float, turns: str) -> tuple[np.ndarray, float]:
    """Iteratively reweighted least squares: the pose [10], and the mean distance that is left as a share of the size."""
    share = mass
    for _ in range(ROUNDS):
        before, after = centre(start, share), centre(end, share)
        turn = _turn((share[:, None] * (end - after)).T @ (start - before), turns)
        shift = after - turn @ before
        distance = np.linalg.norm(start @ turn.T + shift - end, axis=1) / size
        share = mass / np.maximum(distance, EXACT)
    x, y, z, w = Rotation.from_matrix(turn).as_quat()
    return np.array([*shift, w, x, y, z, 1, 1, 1]), float(mass @ distance / mass.sum())


def _turn(cross: np.ndarray, turns: str) -> np.ndarray:
    """The rotation [3, 3] that makes most of a cross-covariance [3, 3]: none, about Z, or any (Kabsch 1976)."""
    if turns == "none":
        return np.eye(3)
    if turns == "yaw":
        return Rotation.from_rotvec([0, 0, np.arctan2(cross[1, 0] - cross[0, 1], cross[0, 0] + cross[1, 1])]).as_matrix()
    u, _, vt = np.linalg.svd(cross)
    return u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt


def _continuous(root: np.ndarray) -> np.ndarray:
    """A quaternion and its negative turn alike: each frame has the one that is nearer to the frame before."""
    for before, after in zip(root[:-1], root[1:], strict=True):
        if before[3:7] @ after[3:7] < 0:
            after[3:7] *= -1
    return root


def _largest_step(root: np.ndarray) -> float:
    """The largest angle between neighbouring frames, radians."""
    cosine = (root[1:, 3:7] * root[:-1, 3:7]).sum(1)
    return float(2 * np.arccos(cosine.clip(-1, 1)).max(initial=0))
