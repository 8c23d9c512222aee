import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.mesh.rig.root import root_motion, vertex_mass
from engine.mesh.rig.skinning import rotations
from tests.engine.mesh.rig.bodies import bar, folding_bar

STEPS = np.arange(6)
REST, TRIANGLES = bar()
MASS = vertex_mass(REST, TRIANGLES)
MIDDLE = np.array([0, 0, 1.0])


def test_the_mass_of_the_vertices_is_the_area():
    assert MASS.sum() == pytest.approx(4 * 0.2 * 2 + 2 * 0.04, rel=1e-4)


def test_a_bounce_is_a_translation_of_the_middle_alone():
    height = 3 - (STEPS - 2.5) ** 2 / 4
    root = root_motion(REST + height[:, None, None] * [0, 0, 1], 2, TRIANGLES)
    np.testing.assert_allclose(root[:, :3], MIDDLE + height[:, None] * [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(root[:, 3:], np.tile([1, 0, 0, 0, 1, 1, 1], (6, 1)), atol=1e-9)


@pytest.mark.parametrize("axis", [[0, 0, 1], [1, 0, 0]])
def test_a_turn_goes_on_past_half_a_turn(axis):
    turns = Rotation.from_rotvec(np.outer(0.7 * STEPS, axis)).as_matrix()
    root = root_motion(np.einsum("fij,vj->fvi", turns, REST - MIDDLE), 0, TRIANGLES)
    np.testing.assert_allclose(rotations(root), turns, atol=1e-6)
    np.testing.assert_allclose(root[:, :3], 0, atol=1e-6)
    assert ((root[1:, 3:7] * root[:-1, 3:7]).sum(1) > 0.9).all()


def test_growth_is_scale():
    sizes = 1.2**STEPS
    root = root_motion(sizes[:, None, None] * (REST - MIDDLE), 0, TRIANGLES)
    np.testing.assert_allclose(root[:, 7:], np.tile(sizes[:, None], (1, 3)), rtol=1e-6)


def test_a_limb_that_swings_does_not_take_the_body_along():
    """Three of four bars stand still and the last folds; the middle of all vertices moves by 0.1."""
    vertices, triangles, _ = folding_bar()
    still = np.tile(REST, (len(vertices), 1, 1))
    whole = np.concatenate([vertices, *(still + [shift, 0, 0] for shift in (1, 2, 3))], 1)
    faces = np.concatenate([triangles + len(REST) * number for number in range(4)])
    root = root_motion(whole, 3, faces)
    assert np.ptp(whole.mean(1), axis=0).max() > 0.05
    assert np.ptp(root[:, :3], axis=0).max() < 0.005 and np.ptp(root[:, 3:], axis=0).max() < 1e-6


def test_things_that_move_apart_do_not_grow():
    steps = STEPS[:, None, None] / 5
    vertices = np.concatenate([REST + steps * [-1, 0, 0], REST + [2, 0, 0] + steps * [1, 0, 0]], 1)
    root = root_motion(vertices, 0, np.concatenate([TRIANGLES, TRIANGLES + len(REST)]))
    np.testing.assert_array_equal(root[:, 7:], 1)
