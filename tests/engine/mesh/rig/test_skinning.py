import numpy as np
from scipy.spatial.transform import Rotation

from engine.mesh.rig.skinning import rigid, skin, to_armature, to_world, unskin
from tests.engine.mesh.rig.bodies import hinge

REST = np.array([[0, 0, 0], [0, 0, 2.0], [0, 1, 1]])
WEIGHTS = np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0.25, 0.75, 0, 0]])
BONES = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]])


def test_a_vertex_goes_with_the_mean_of_its_bones():
    """A quarter turn about X through (0, 0, 1): up becomes -Y, +Y becomes up."""
    found = skin(REST, hinge(np.array([np.pi / 2]), np.array([0, 0, 1.0])), WEIGHTS, BONES)[0]
    np.testing.assert_allclose(found, [[0, 0, 0], [0, -1, 1], 0.25 * REST[2] + 0.75 * np.array([0, 0, 2])], atol=1e-12)


def test_skinning_is_undone():
    pose = hinge(np.array([0.3, -0.9]), np.array([0, 0, 1.0]))
    found = unskin(skin(REST, pose, WEIGHTS, BONES), pose, WEIGHTS, BONES)
    np.testing.assert_allclose(found, [REST, REST], atol=1e-9)


def test_the_root_scales_then_turns_then_moves():
    quarter = np.sqrt(0.5)
    root = np.array([[10, 20, 30, quarter, 0, 0, quarter, 2, 3, 4.0]])
    found = to_world(np.array([[[1, 1, 1.0]]]), root)
    np.testing.assert_allclose(found, [[[10 - 3, 20 + 2, 30 + 4]]], atol=1e-12)
    np.testing.assert_allclose(to_armature(found, root), [[[1, 1, 1]]], atol=1e-12)


def test_a_rigid_motion_is_found_and_a_mirror_image_is_not_taken_for_one():
    points = np.random.default_rng(0).normal(size=(20, 3))
    turn, shift = Rotation.from_rotvec([0.3, -1, 2]).as_matrix(), np.array([1, 2, 3])
    share = np.stack([np.ones(20), np.arange(20) < 6])
    found, moved = rigid(points, (points @ turn.T + shift)[None], share)
    np.testing.assert_allclose(found, np.tile(turn, (1, 2, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(moved, np.tile(shift, (1, 2, 1)), atol=1e-9)
    mirrored, _ = rigid(points, (points * [-1, 1, 1])[None], share)
    np.testing.assert_allclose(np.linalg.det(mirrored), 1, atol=1e-9)
