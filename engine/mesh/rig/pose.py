"""Poses that keep joints together."""

from __future__ import annotations

import numpy as np

from engine.mesh.rig.skinning import rigid

# Joints that come apart by less than this share of the size are held together: such bones only turn.
HELD = 1e-3


def hold_joints(pose: np.ndarray, parents: np.ndarray, heads: np.ndarray, size: float, limit: float = HELD) -> np.ndarray:
    """pose [frames, bones, 4, 4] with the head of each bone [bones, 3] where its parent takes it, if that is no further off
    than `limit` x size over the clip (root mean square); other bones stay where they are. Parents come first."""
    held = pose.copy()
    for bone, parent in enumerate(parents[1:], 1):
        gap = _place(held[:, parent], heads[bone]) - _place(held[:, bone], heads[bone])
        if np.sqrt((gap**2).sum(1).mean()) <= limit * size:
            held[:, bone, :3, 3] += gap
    return held


def turn_only(
    pose: np.ndarray, parents: np.ndarray, heads: np.ndarray, rest: np.ndarray, vertices: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """pose [frames, bones, 4, 4] with every bone that has a parent turning about its head alone, as its own vertices do best.

    rest [vertices, 3] and vertices [frames, vertices, 3], armature space; share [bones, vertices]: how much a vertex is a
    bone's own.
    """
    turned = pose.copy()
    for bone, parent in enumerate(parents):
        if parent >= 0:
            turned[:, bone] = turned_about(heads[bone], _place(turned[:, parent], heads[bone]), rest, vertices, share[bone])
    return turned


def turned_about(head: np.ndarray, after: np.ndarray, rest: np.ndarray, vertices: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Poses [frames, 4, 4] that take head [3] to after [frames, 3], and turn about it as the vertices with a share [vertices]
    do best from rest [vertices, 3] to vertices [frames, vertices, 3]."""
    # The head counts as much as all vertices together: the rotation is about it, whatever the vertices' own middle does.
    pivot = np.concatenate([share, [1e6 * share.sum()]])[None]
    turn, _ = rigid(np.concatenate([rest, head[None]]), np.concatenate([vertices, after[:, None]], 1), pivot)
    pose = np.tile(np.eye(4), (len(after), 1, 1))
    pose[:, :3, :3], pose[:, :3, 3] = turn[:, 0], after - turn[:, 0] @ head
    return pose


def _place(pose: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Where pose [frames, 4, 4] takes a point [3], [frames, 3]."""
    return pose[:, :3, :3] @ point + pose[:, :3, 3]
