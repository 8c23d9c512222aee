"""Bones that a mesh hangs on already: read, checked, and made few."""

from dataclasses import replace

import numpy as np
import pytest

from engine.mesh.files.frame import MeshError
from engine.reference.given.bones import GivenBones, leaders, read_bones
from tests.engine.reference.given.rigs import rigged_dog

# A chain of three along X, of which the last holds almost nothing, and one by itself.
CHAIN = GivenBones(
    ["arm", "hand", "finger", "eye"], np.int32([-1, 0, 1, -1]), np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [0.9, 0, 5.0]]),
    np.array([[1, 0, 0], [2, 0, 0], [2.1, 0, 0], [0.9, 0, 6.0]]), np.zeros(4, bool), np.eye(4),
)  # fmt: skip


@pytest.fixture
def dog(tmp_path):
    (vertices, _), bones = rigged_dog()
    np.savez(tmp_path / "bones.npz", **bones.arrays())
    return tmp_path / "bones.npz", vertices, bones


def test_what_is_written_is_read(dog):
    path, vertices, bones = dog
    found = read_bones(path, vertices)
    assert found.names == bones.names
    np.testing.assert_array_equal(found.parents, bones.parents)
    np.testing.assert_array_equal(found.weights, bones.weights)
    np.testing.assert_array_equal(found.heads, bones.heads)


def test_weights_come_to_sum_to_one_and_loose_vertices_go_with_the_nearest(dog):
    path, vertices, bones = dog
    arrays = bones.arrays()
    last = len(vertices) - 1
    arrays["weights"] = 3 * arrays["weights"]
    kept = arrays["held"][:, 0] != last
    np.savez(path, **arrays | {"held": arrays["held"][kept], "weights": arrays["weights"][kept]})
    found = read_bones(path, vertices)
    np.testing.assert_allclose(found.weights.sum(1), 1)
    np.testing.assert_allclose(found.weights[:last], bones.weights[:last], atol=1e-12)
    nearest = np.linalg.norm(vertices[:last] - vertices[last], axis=1).argmin()
    np.testing.assert_array_equal(found.weights[last], found.weights[nearest])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": np.array(["a"] * 16)}, "names that don't differ"),
        ({"names": np.arange(16)}, "names of type int64"),
        ({"heads": np.zeros((3, 3))}, r"heads of shape \(3, 3\), where \(16, 3\) belongs"),
        ({"heads": np.full((16, 3), np.nan)}, "not finite"),
        ({"parents": np.int32([0] + [-1] * 15)}, "parents that don't come before their children"),
        ({"held": np.int32([[0, 16]]), "weights": np.ones(1)}, "weights for other than its 16 bones"),
        ({"held": np.int32([[0, 1], [0, 1]]), "weights": np.ones(2)}, "twice of one pair"),
        ({"held": np.zeros((0, 2), int), "weights": np.zeros(0)}, "no bone that holds a vertex"),
        ({"tails": rigged_dog()[1].heads}, "bones without a length"),
    ],
)
def test_what_are_no_bones_is_said(dog, changes, said):
    path, vertices, bones = dog
    np.savez(path, **bones.arrays() | changes)
    with pytest.raises(MeshError, match=said):
        read_bones(path, vertices)


def test_files_that_are_none(tmp_path):
    with pytest.raises(MeshError, match="There are no bones"):
        read_bones(tmp_path / "none.npz", np.zeros((3, 3)))
    (tmp_path / "text.npz").write_text("bones")
    with pytest.raises(MeshError, match="is no file of bones"):
        read_bones(tmp_path / "text.npz", np.zeros((3, 3)))


def test_small_bones_move_with_what_they_hang_on():
    assert leaders(CHAIN, np.array([10, 10, 0.01, 10]), 24).tolist() == [0, 1, 1, 3]
    assert leaders(CHAIN, np.full(4, 10.0), 24).tolist() == [0, 1, 2, 3]


def test_no_more_bones_move_than_there_is_room_for():
    # The finger goes with the hand; the eye, which hangs on nothing, with what begins nearest, the hand.
    assert leaders(CHAIN, np.array([10, 10, 1, 2.0]), 2).tolist() == [0, 1, 1, 1]


def test_bones_that_hold_nothing_do_not_move_by_themselves():
    idle = replace(CHAIN, weights=np.eye(4)[:, [0, 3, 2, 1]] * [1, 0, 1, 1] + np.outer([0, 0, 0, 1], [1, 0, 0, 0]))
    assert leaders(idle, np.full(4, 10.0), 24).tolist() == [0, -1, 2, 3]
    assert leaders(idle, np.array([10, 10, 1.0, 10]), 2).tolist() == [0, -1, 0, 3]
