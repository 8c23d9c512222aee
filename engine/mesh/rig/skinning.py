"""Linear blend skinning, forwards and back, and the motion of the whole body."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

# A vertex goes with this many bones at most, as game engines have it.
INFLUENCES = 4


def skin(rest: np.ndarray, pose: np.ndarray, weights: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Vertices [frames, vertices, 3] of rest [vertices, 3]: each goes with the weighted mean of its bones' transforms.

    pose [frames, bones, 4, 4] from rest to posed; weights and bones (indices) [vertices, influences].
    """
    blended = blend(pose, weights, bones)
    return np.einsum("fvij,vj->fvi", blended[..., :3], rest) + blended[..., 3]


def unskin(vertices: np.ndarray, pose: np.ndarray, weights: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """The way back: where vertices [frames, vertices, 3] were at rest, [frames, vertices, 3]. Where a vertex's bones cancel
    each other out its place is the nearest that can be had."""
    blended = blend(pose, weights, bones)
    return np.einsum("fvij,fvj->fvi", np.linalg.pinv(blended[..., :3], rcond=1e-3), vertices - blended[..., 3])


def blend(pose: np.ndarray, weights: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """Each vertex's own transform, the weighted mean of its bones', [frames, vertices, 3, 4]."""
    blended = np.zeros((len(pose), len(weights), 3, 4))
    for weight, bone in zip(weights.T, bones.T, strict=True):
        blended += weight[:, None, None] * pose[:, bone, :3]
    return blended


def to_world(points: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Points [frames, vertices, 3] of the armature's space in the world: scaled, turned, then moved.

    root [frames, 10]: translation, rotation as a quaternion wxyz, scale along the armature's axes.
    """
    return (points * root[:, None, 7:]) @ rotations(root).transpose(0, 2, 1) + root[:, None, :3]


def to_armature(points: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Points [frames, vertices, 3] of the world in the armature's space."""
    return (points - root[:, None, :3]) @ rotations(root) / root[:, None, 7:]


def rotations(root: np.ndarray) -> np.ndarray:
    """Rotation matrices [frames, 3, 3] of a root trajectory."""
    return Rotation.from_quat(root[:, [4, 5, 6, 3]]).as_matrix()


def rigid(start: np.ndarray, end: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rotations [frames, bones, 3, 3] and translations [frames, bones, 3] that best take start [vertices, 3] to
    end [frames, vertices, 3], with each vertex's share [bones, vertices] in a bone (Kabsch 1976)."""
    share = share / np.maximum(share.sum(1, keepdims=True), 1e-30)
    before, after = share @ start, share @ end
    products = (end[..., None] * start[:, None, :]).reshape(len(end), len(start), 9)
    cross = (share @ products).reshape(len(end), len(share), 3, 3) - after[..., :, None] * before[:, None, :]
    u, _, vt = np.linalg.svd(cross)
    u[..., 2] *= np.sign(np.linalg.det(u @ vt))[..., None]
    turn = u @ vt
    return turn, after - np.einsum("fbij,bj->fbi", turn, before)


def matrices(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Rotations [..., 3, 3] and translations [..., 3] as matrices [..., 4, 4]."""
    whole = np.zeros((*shift.shape[:-1], 4, 4))
    whole[..., :3, :3], whole[..., :3, 3], whole[..., 3, 3] = turn, shift, 1
    return whole
