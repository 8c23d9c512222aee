import numpy as np
import pytest

from engine.mesh.rig.pose import hold_joints, turn_only
from tests.engine.mesh.rig.bodies import bar, hinge

REST, _ = bar()
SHARE = np.clip((REST[:, 2] - 0.9) / 0.2, 0, 1)
WEIGHTS = np.stack([1 - SHARE, SHARE])
ANGLES = np.linspace(-0.8, 0.8, 8)


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
