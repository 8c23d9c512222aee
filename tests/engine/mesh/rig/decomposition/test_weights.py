import numpy as np
import scipy.sparse

from engine.mesh.rig.decomposition.weights import solve_pose, solve_weights
from tests.engine.mesh.rig.bodies import FRAMES, bar, folding_bar

REST, _ = bar()
VERTICES, _, POSE = folding_bar()
SHARE = np.clip((REST[:, 2] - 0.9) / 0.2, 0, 1)
KNOWN = np.stack([1 - SHARE, SHARE])
ALONE = scipy.sparse.identity(len(REST), format="csr")


def test_weights_of_known_bones_are_found_from_the_motion_alone():
    even = np.full(KNOWN.shape, 0.5)
    found = solve_weights(VERTICES, REST, POSE, np.ones(KNOWN.shape, bool), ALONE, even)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-12)
    np.testing.assert_allclose(found, KNOWN, atol=0.01)


def test_a_bone_that_is_not_near_gets_no_weight_and_no_vertex_has_more_than_four():
    six = np.concatenate([POSE, POSE, POSE], 1)
    near = np.ones((6, len(REST)), bool)
    near[1::2, SHARE == 0] = False
    found = solve_weights(VERTICES, REST, six, near, ALONE, np.full(near.shape, 1 / 6))
    assert found.min() >= 0 and ((found > 0).sum(0) <= 4).all() and not found[~near].any()
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-12)


def test_the_motion_of_bones_is_found_from_their_weights():
    start = np.tile(np.eye(4), (FRAMES, 2, 1, 1))
    found = start
    for _ in range(10):
        found = solve_pose(VERTICES, REST, found, KNOWN)
    np.testing.assert_allclose(found, POSE, atol=0.01)
    assert (start == np.eye(4)).all()


def test_a_bone_without_vertices_stays():
    weights = np.stack([np.ones(len(REST)), np.zeros(len(REST))])
    still = np.tile(np.eye(4), (FRAMES, 2, 1, 1))
    still[:, 1, 2, 3] = 7
    np.testing.assert_allclose(solve_pose(np.tile(REST, (FRAMES, 1, 1)), REST, still, weights), still, atol=1e-9)
