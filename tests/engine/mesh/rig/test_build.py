import numpy as np
import pytest

from engine.mesh.rig.build import breadth_first, build_rig, hierarchy, strongest_weights
from engine.mesh.rig.joints import Joints
from tests.engine.mesh.rig.bodies import bar, hinge

REST, TRIANGLES = bar()
SHARE = np.clip((REST[:, 2] - 0.9) / 0.2, 0, 1)
ROOT = np.tile([0, 0, 0, 1, 0, 0, 0, 1, 1, 1.0], (8, 1))


def test_the_tree_follows_what_slips_least():
    """Four bones in a row; the ends come near each other, and slip there."""
    middles = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    slip = np.full((4, 4), 0.5)
    for a, b in ((0, 1), (1, 2), (2, 3)):
        slip[a, b] = slip[b, a] = 0.001
    joints = Joints((middles[:, None] + middles) / 2, slip, np.zeros((4, 4)))
    parents = hierarchy(middles, joints, np.array([1, 0.1, 0]), 2.0)
    assert parents.tolist() == [1, -1, 1, 2] and breadth_first(parents).tolist() == [1, 0, 2, 3]


def test_a_bone_alone_is_the_root():
    joints = Joints(np.zeros((1, 1, 3)), np.zeros((1, 1)), np.zeros((1, 1)))
    assert hierarchy(np.zeros((1, 3)), joints, np.zeros(3), 1.0).tolist() == [-1]


def test_the_strongest_four_weights_of_a_vertex_sum_to_one():
    weights = np.array([[0.1, 1], [0.3, 0], [0.2, 0], [0.25, 0], [0.15, 0]])
    strongest, bones = strongest_weights(weights)
    assert bones.tolist() == [[1, 3, 2, 4], [0, 0, 0, 0]]
    assert strongest == pytest.approx(np.array([[0.3, 0.25, 0.2, 0.15], [0.9, 0, 0, 0]]) / 0.9)
    few, numbers = strongest_weights(weights[:2] / weights[:2].sum(0))
    assert few.shape == numbers.shape == (2, 4) and few.sum(1) == pytest.approx(1)


def test_a_hinge_becomes_a_rig_that_moves_the_bar_as_the_bones_do():
    angles = np.linspace(-0.8, 0.8, 8)
    pose = hinge(angles, np.array([0, 0, 1.0]))
    unused = np.tile(np.eye(4), (8, 1, 1, 1))
    weights = np.stack([1 - SHARE, SHARE, 0 * SHARE])
    rig = build_rig(REST, TRIANGLES, np.concatenate([pose, unused], 1), weights, ROOT)
    # A bone that moves nothing is left out.
    assert len(rig.names) == len(set(rig.names)) == 2 and rig.parents.tolist() == [-1, 0]
    assert rig.rest_head[1] == pytest.approx([0, 0, 1], abs=0.01)
    expected = np.einsum("fij,vj->fvi", pose[:, 1, :3, :3], REST) + pose[:, None, 1, :3, 3]
    rigid = SHARE == 1
    assert rig.vertices(REST)[:, rigid] == pytest.approx(expected[:, rigid], abs=1e-5)
    assert rig.vertices(REST)[:, SHARE == 0] == pytest.approx(np.tile(REST[SHARE == 0], (8, 1, 1)), abs=1e-5)
