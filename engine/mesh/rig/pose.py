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
    """pose [frames, bones, 4, 4] with every bone but the root turning about its head alone, as its own vertices do best.

    rest [vertices, 3] and vertices [frames, vertices, 3], armature space; share [bones, vertices]: how much a vertex is a
    bone's own.
    """
    turned = pose.copy()
    for bone, parent in enumerate(parents[1:], 1):
        before, after = heads[bone], _place(turned[:, parent], heads[bone])
        # The head counts as much as all vertices together: the rotation is about it, whatever the vertices' own middle does.
        pivot = np.concatenate([share[bone], [1e6 * share[bone].sum()]])[None]
        start = np.concatenate([rest, before[None]])
        end = np.concatenate([vertices, after[:, None]], 1)
        turn, _ = rigid(start, end, pivot)
        turned[:, bone, :3, :3] = turn[:, 0]
        turned[:, bone, :3, 3] = after - turn[:, 0] @ before
    return turned


def _place(pose: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Where pose [frames, 4, 4] takes a point [3], [frames, 3]."""
    return pose[:, :3, :3] @ point + pose[:, :3, 3]
