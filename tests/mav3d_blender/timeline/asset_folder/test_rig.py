"""The arithmetic of a rig and what is refused; whole folders are in test_asset."""

import numpy as np
import pytest

from mav3d_blender.timeline.asset_folder.archive import AssetError
from mav3d_blender.timeline.asset_folder.rig import quaternion_matrix, read_rig
from tests.mav3d_blender.timeline.assets import FRAMES, bar, bar_positions, bar_rig

REST, _ = bar()
ARRAYS = bar_rig(REST)


def rig(folder, frames: int = FRAMES, **changes):
    np.savez(folder / "rig.npz", **(ARRAYS | changes))
    return read_rig(folder / "rig.npz", frames, np.float32(REST))


def test_a_quaternion_is_a_rotation():
    half = 0.5**0.5
    # A quarter about Z takes X to Y.
    assert quaternion_matrix(np.array([half, 0, 0, half])) @ [1, 0, 0] == pytest.approx([0, 1, 0])
    turn = quaternion_matrix(np.array([0.5, 0.5, 0.5, 0.5]))
    assert turn @ turn.T == pytest.approx(np.eye(3)) and turn @ [1, 0, 0] == pytest.approx([0, 1, 0])


def test_the_bones_and_the_root_give_the_vertices_of_every_frame(tmp_path):
    found, positions = rig(tmp_path), bar_positions(REST, ARRAYS)
    for frame in range(FRAMES):
        assert found.in_world(found.vertices(frame), frame) == pytest.approx(positions[frame], abs=1e-5)


def test_the_way_back_is_the_rest(tmp_path):
    found = rig(tmp_path)
    for frame in (0, FRAMES // 2):
        moved = found.in_world(found.vertices(frame), frame)
        assert found.at_rest(moved, frame) == pytest.approx(REST, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": np.array(["a", "a"])}, "names that don't differ"),
        ({"names": np.array(["a", "x" * 61])}, "too long"),
        ({"names": np.array(["a"])}, "parents of shape"),
        ({"parents": np.int32([-1, 1])}, "no trees with parents before children"),
        ({"parents": np.int64([-1, 0])}, "parents of the wrong kind"),
        ({"weights": ARRAYS["weights"] * 2}, "don't sum to 1"),
        ({"bones": ARRAYS["bones"] + 1}, "outside its 2"),
        ({"pose": ARRAYS["pose"] * np.float32(1.1)}, "no rotations"),
        ({"root": ARRAYS["root"] * 0}, "no unit quaternions"),
        ({"rest_tail": ARRAYS["rest_head"]}, "bones without a length"),
        ({"pose": ARRAYS["pose"] + np.float32(np.nan)}, "not finite"),
    ],
)
def test_what_is_wrong_with_a_rig_is_one_sentence(tmp_path, changes, said):
    with pytest.raises(AssetError, match=said):
        rig(tmp_path, **changes)


def test_a_rig_of_another_clip_is_refused(tmp_path):
    with pytest.raises(AssetError, match="pose of shape"):
        rig(tmp_path, FRAMES + 1)
