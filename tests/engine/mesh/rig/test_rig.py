import io
from dataclasses import replace

import numpy as np
import pytest

from engine.mesh.rig.build import build_rig, strongest_weights
from engine.mesh.rig.rig import Rig, RigError, check_rig, read_rig
from tests.engine.mesh.rig.bodies import FRAMES, bar, hinge

REST, TRIANGLES = bar()
STILL = np.tile([0, 0, 0, 1, 0, 0, 0, 1, 1, 1.0], (FRAMES, 1))


@pytest.fixture(scope="module")
def rig() -> Rig:
    share = np.clip((REST[:, 2] - 0.9) / 0.2, 0, 1)
    pose = hinge(np.linspace(0, 1, FRAMES), np.array([0, 0, 1.0]))
    return build_rig(REST, TRIANGLES, pose, np.stack([1 - share, share]), STILL)


def test_known_bones_become_a_rig(rig):
    """The second bone was given as turning about (0, 0, 1); whichever is the root, the other begins there."""
    assert rig.names == ["root", "bone.001"] and rig.parents.tolist() == [-1, 0]
    np.testing.assert_allclose(rig.rest_head[1], [0, 0, 1], atol=0.01)
    moved = rig.vertices(REST)
    np.testing.assert_allclose(moved[0], REST, atol=1e-5)
    # The top's middle after a whole radian about X: (0, -sin 1, 1 + cos 1).
    np.testing.assert_allclose(moved[-1, -1], [0, -np.sin(1), 1 + np.cos(1)], atol=1e-3)


def test_a_rig_comes_back_from_its_file_without_pickle(rig):
    file = io.BytesIO()
    np.savez(file, **rig.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = read_rig(dict(arrays), FRAMES, len(REST))
    assert again.names == rig.names
    for name, array in rig.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
        assert array.dtype == {"parents": np.int32, "bones": np.int32}.get(name, array.dtype)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": ["root", "root"]}, "names have to differ"),
        ({"names": ["root", "x" * 61]}, "60 letters"),
        ({"parents": np.int32([-1, 1])}, "no tree"),
        ({"parents": np.int32([0, -1])}, "no tree"),
        ({"rest_tail": np.zeros((3, 3), np.float32)}, "rest_tail of shape"),
        ({"rest_head": np.full((2, 3), np.nan, np.float32)}, "not finite"),
        ({"pose": np.tile(np.float32(np.diag([1, 1, -1, 1])), (FRAMES, 2, 1, 1))}, "no rotations"),
        ({"pose": np.tile(np.float32(np.diag([1, 1, 1.1, 1])), (FRAMES, 2, 1, 1))}, "no rotations"),
        ({"weights": np.full((len(REST), 4), 0.3, np.float32)}, "sum to 1"),
        ({"bones": np.full((len(REST), 4), 2, np.int32)}, "outside its 2"),
        ({"root": np.float32(STILL * 2)}, "unit quaternions"),
        ({"root": np.float32(STILL * [1, 1, 1, 1, 1, 1, 1, 1, 1, -1])}, "not positive"),
    ],
)
def test_a_wrong_rig_is_refused(rig, changes, said):
    with pytest.raises(RigError, match=said):
        check_rig(replace(rig, **changes), FRAMES, len(REST))


def test_what_a_file_lacks_is_named(rig):
    arrays = rig.arrays()
    del arrays["root"], arrays["weights"]
    with pytest.raises(RigError, match="lacks weights, root"):
        read_rig(arrays, FRAMES, len(REST))


def test_the_four_largest_weights_are_kept_and_sum_to_one():
    weights, bones = strongest_weights(np.array([[0.1], [0.3], [0.05], [0.25], [0.3]]))
    assert bones.tolist() == [[1, 4, 3, 0]]
    np.testing.assert_allclose(weights, np.array([[0.3, 0.3, 0.25, 0.1]]) / 0.95, rtol=1e-6)
    weights, bones = strongest_weights(np.array([[0.0], [1.0]]))
    assert weights.tolist() == [[1, 0, 0, 0]] and bones.tolist() == [[1, 0, 0, 0]]
