"""Which bone hangs on which."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from engine.mesh.rig.joints import Joints

# Slip below this share of the size is all the same: then distance alone decides.
MIN_SLIP = 0.003
# Bones that share no vertices are this many times as far apart as they are.
GAP = 10.0


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
    """The bones' order [bones] with the root first and each parent before its children."""
    order = [int(np.flatnonzero(parents < 0)[0])]
    for bone in order:
        order += np.flatnonzero(parents == bone).tolist()
    return np.array(order)
