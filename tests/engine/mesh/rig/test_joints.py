import numpy as np

from engine.mesh.rig.joints import Joints, find_joints, heads_and_tails
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
