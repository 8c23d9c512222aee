"""From bones, or from a mesh sequence alone, to a rig."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from engine.mesh.rig.joints import Joints, find_joints, heads_and_tails
from engine.mesh.rig.names import bone_names
from engine.mesh.rig.pose import hold_joints, turn_only
from engine.mesh.rig.rig import Rig, check_rig
from engine.mesh.rig.root import centre, vertex_mass
from engine.mesh.rig.skinning import INFLUENCES

# Slip below this share of the size is all the same: then distance alone decides.
MIN_SLIP = 0.003
# Bones that share no vertices are this many times as far apart as they are.
GAP = 10.0


def build_rig(
    rest: np.ndarray,
    triangles: np.ndarray,
    pose: np.ndarray,
    weights: np.ndarray,
    root: np.ndarray,
    turn_like: np.ndarray | None = None,
) -> Rig:
    """Hierarchy, joints, names and at most four weights a vertex for bones that are known.

    rest [vertices, 3], armature space; pose [frames, bones, 4, 4], rigid; weights [bones, vertices], which sum to 1; root
    [frames, 10]. Bones that move no vertex are left out. turn_like: vertices [frames, vertices, 3], armature space: where
    given, all bones but the root only turn about their joints, as these vertices do best; else joints that hardly come apart
    are held together.
    """
    pose, weights = np.float64(pose), np.float64(weights)
    kept = np.flatnonzero(weights.max(1) > 0)
    pose, weights = pose[:, kept], weights[kept]
    mass = vertex_mass(rest, triangles)
    size = float(np.linalg.norm(np.ptp(rest, axis=0)))
    joints = find_joints(rest, mass, pose, weights)
    middles = (mass * weights) @ rest / (mass * weights).sum(1, keepdims=True)
    parents = hierarchy(middles, joints, centre(rest, mass), size)
    heads, tails = heads_and_tails(rest, mass, weights, parents, joints)
    order = breadth_first(parents)
    parents = np.where(parents[order] < 0, -1, np.argsort(order)[parents[order]])
    pose, weights, middles, heads, tails = pose[:, order], weights[order], middles[order], heads[order], tails[order]
    if turn_like is None:
        pose = hold_joints(pose, parents, heads, size)
    else:
        pose = turn_only(pose, parents, heads, rest, turn_like, mass * weights**2)
    moving = (np.einsum("fbij,bj->fbi", pose[..., :3, :3], middles) + pose[..., :3, 3]).mean(0)
    names = bone_names(parents, heads, tails, moving, size)
    strongest, bones = strongest_weights(weights)
    rig = Rig(
        names, np.int32(parents), np.float32(heads), np.float32(tails), np.float32(pose), strongest, bones, np.float32(root)
    )
    return check_rig(rig, len(pose), len(rest))


def hierarchy(middles: np.ndarray, joints: Joints, centre: np.ndarray, size: float) -> np.ndarray:
    """Parents [bones], -1 for the root: the tree with the least sum of distance through the joint x slip there.

    middles [bones, 3]: the bones' centres of mass. centre [3]: of the whole body; the bone nearest to it is the root.
    """
    count = len(middles)
    root = int(np.linalg.norm(middles - centre, axis=1).argmin())
    if count == 1:
        return np.array([-1])
    through = np.linalg.norm(middles[:, None] - joints.place, axis=-1)
    distance = through + through.T + GAP * joints.gap
    cost = (distance / size + 1e-6) * (MIN_SLIP + joints.slip / size)
    tree = minimum_spanning_tree(np.tril(cost, -1))
    _, parents = breadth_first_order(tree, root, directed=False)
    parents[root] = -1
    return parents


def breadth_first(parents: np.ndarray) -> np.ndarray:
    """The bones' order [bones] with what hangs on nothing first and each parent before its children."""
    order = np.flatnonzero(parents < 0).tolist()
    for bone in order:
        order += np.flatnonzero(parents == bone).tolist()
    return np.array(order)


def strongest_weights(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four largest of weights [bones, vertices], which then sum to 1: float32 and int32 [vertices, 4]. A vertex with fewer
    has 0 of bone 0."""
    bones = np.argsort(-weights, 0, kind="stable")[:INFLUENCES].T
    largest = np.take_along_axis(weights.T, bones, 1)
    largest = largest / largest.sum(1, keepdims=True)
    bones = np.where(largest > 0, bones, 0)
    lacking = INFLUENCES - bones.shape[1]
    return np.float32(np.pad(largest, ((0, 0), (0, lacking)))), np.int32(np.pad(bones, ((0, 0), (0, lacking))))
