import numpy as np
import pytest

from engine.mesh.rig.build import breadth_first, hierarchy
from engine.mesh.rig.joints import Joints, find_joints, heads_and_tails
from engine.mesh.rig.pose import hold_joints, turn_only
from tests.engine.mesh.rig.bodies import bar, hinge

REST, _ = bar()
MASS = np.ones(len(REST))
SHARE = np.clip((REST[:, 2] - 0.9) / 0.2, 0, 1)
WEIGHTS = np.stack([1 - SHARE, SHARE])
ANGLES = np.linspace(-0.8, 0.8, 8)


def test_a_joint_is_on_the_line_that_a_hinge_turns_about_and_in_the_middle_of_the_limb():
    joints = find_joints(REST, MASS, hinge(ANGLES, np.array([0, 0.05, 1.0])), WEIGHTS)
    np.testing.assert_allclose(joints.place[0, 1], [0, 0.05, 1], atol=0.005)
    assert joints.slip[0, 1] < 0.002 and joints.gap[0, 1] == 0
    np.testing.assert_array_equal(joints.place[0, 1], joints.place[1, 0])


def test_a_joint_stays_near_the_border_whatever_the_motion_says():
    joints = find_joints(REST, MASS, hinge(ANGLES, np.array([0, 3.0, 1.0])), WEIGHTS)
    assert np.linalg.norm(joints.place[0, 1] - [0, 0, 1]) < 0.15 and joints.slip[0, 1] > 0.5


def test_bones_go_from_joint_to_joint_and_to_the_end_of_the_limb():
    """Three bones along the bar, the middle one the root."""
    ends = np.array([2 / 3, 4 / 3])
    part = np.digitize(REST[:, 2], ends)
    weights = np.float64(np.arange(3)[:, None] == part)
    place = np.zeros((3, 3, 3))
    place[0, 1] = place[1, 0] = [0, 0, ends[0]]
    place[1, 2] = place[2, 1] = [0, 0, ends[1]]
    heads, tails = heads_and_tails(REST, MASS, weights, np.array([1, -1, 1]), Joints(place, np.zeros((3, 3)), np.zeros((3, 3))))
    np.testing.assert_allclose(heads[[0, 2]], [[0, 0, ends[0]], [0, 0, ends[1]]])
    np.testing.assert_allclose(tails[[0, 2], 2], [ends[0] * 0.05, ends[1] + (2 - ends[1]) * 0.95], atol=1e-9)
    assert heads[1, 2] < tails[1, 2] and np.abs(np.stack([heads[1], tails[1]])[:, :2]).max() < 1e-9


def test_the_tree_follows_what_slips_least():
    """Four bones in a row; the ends come near each other, and slip there."""
    middles = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    slip = np.full((4, 4), 0.5)
    for a, b in ((0, 1), (1, 2), (2, 3)):
        slip[a, b] = slip[b, a] = 0.001
    joints = Joints((middles[:, None] + middles) / 2, slip, np.zeros((4, 4)))
    parents = hierarchy(middles, joints, np.array([1, 0.1, 0]), 2.0)
    assert parents.tolist() == [1, -1, 1, 2] and breadth_first(parents).tolist() == [1, 0, 2, 3]


def test_a_joint_that_slips_a_little_is_held_and_one_that_slips_more_is_not():
    pose = hinge(ANGLES, np.array([0, 0, 1.0]))
    pose[:, 1, :3, 3] += 0.001 * np.sin(np.arange(8))[:, None]
    parents, heads = np.array([-1, 0]), np.array([[0, 0, 0], [0, 0, 1.0]])
    held = hold_joints(pose, parents, heads, 2.0)
    np.testing.assert_allclose(held[:, 1] @ [0, 0, 1, 1], np.tile([0, 0, 1, 1], (8, 1)), atol=1e-12)
    np.testing.assert_array_equal(hold_joints(pose, parents, heads, 0.1), pose)


def test_bones_that_only_turn_do_it_about_their_joint():
    joint = np.array([0, 0, 1.0])
    pose = hinge(ANGLES, joint)
    vertices = np.einsum("fij,vj->fvi", pose[:, 1, :3, :3], REST) + pose[:, None, 1, :3, 3] + [0, 0, 0.05]
    slipped = pose.copy()
    slipped[:, 1, 2, 3] += 0.05
    found = turn_only(slipped, np.array([-1, 0]), np.array([[0, 0, 0], joint]), REST, vertices, WEIGHTS)
    np.testing.assert_allclose(found[:, 1, :3, :3] @ joint + found[:, 1, :3, 3], np.tile(joint, (8, 1)), atol=1e-9)
    assert np.abs(found[:, 1, :3, :3] - pose[:, 1, :3, :3]).max() == pytest.approx(0, abs=0.05)
