import numpy as np

from engine.mesh.rig.decomposition.decompose import ERROR, decompose, find_bones, segments
from engine.mesh.rig.decomposition.graph import separate, surface_graph
from tests.engine.mesh.rig.bodies import FRAMES, bar, folding_bar, hinge


def test_a_bar_that_folds_has_two_bones_with_its_own_motion():
    vertices, triangles, pose = folding_bar()
    rest, _ = bar()
    found = decompose(vertices, rest, triangles, 2)
    assert found.weights.shape == (2, len(rest)) and found.error(rest, vertices) < 3e-3
    upper = int(found.weights[:, -1].argmax())
    relative = np.linalg.inv(found.pose[:, 1 - upper]) @ found.pose[:, upper]
    np.testing.assert_allclose(relative, pose[:, 1], atol=0.01)
    np.testing.assert_allclose(found.weights.sum(0), 1, atol=1e-9)
    assert (found.weights >= 0).all() and ((found.weights > 0).sum(0) <= 4).all()


def test_bones_are_added_until_the_mesh_is_close():
    vertices, triangles, _ = folding_bar()
    rest, _ = bar()
    found = find_bones(vertices, rest, triangles)
    assert 2 <= len(found.weights) <= 3 and found.error(rest, vertices) < ERROR


def test_what_stands_still_has_one_bone_however_many_are_asked_for():
    rest, triangles = bar()
    found = decompose(np.tile(rest, (FRAMES, 1, 1)), rest, triangles, 10)
    np.testing.assert_allclose(found.pose, np.tile(np.eye(4), (FRAMES, 1, 1, 1)), atol=1e-9)


def test_two_legs_that_swing_alike_are_two_bones():
    """A body between two bars that swing as one: no bone has vertices of both."""
    rest, triangles = bar()
    count = len(rest)
    lower, upper = rest * [1, 1, -1] - [0, 0, 0], rest * [1, 1, -1] + [1, 0, 0]
    body = (rest - [0, 0, 1]) @ np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0.0]]).T + [0.5, 0, 0]
    whole = np.concatenate([body, lower, upper])
    faces = np.concatenate([triangles, triangles + count, triangles + 2 * count])
    swing = hinge(0.6 * np.sin(np.arange(FRAMES)), np.zeros(3))[:, 1]
    moved = np.einsum("fij,vj->fvi", swing[:, :3, :3], whole)
    moved[:, :count] = body
    found = decompose(moved, whole, faces, 6)
    legs = [set(found.weights[:, part].argmax(0)) for part in (slice(count, 2 * count), slice(2 * count, None))]
    assert not legs[0] & legs[1] and found.error(whole, moved) < 1e-3


def test_parts_hang_together_and_never_number_more_than_asked():
    vertices, triangles, _ = folding_bar()
    rest, _ = bar()
    graph = surface_graph(rest, triangles)
    for label in segments(vertices, rest, graph, 3):
        assert label.max() < 3 and set(label) == set(range(label.max() + 1))
        assert np.array_equal(np.unique(separate(label, graph, 1)), np.unique(label))
