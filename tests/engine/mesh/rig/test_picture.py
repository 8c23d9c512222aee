import numpy as np
import pytest

from engine.mesh.rig.picture import bones_at, rig_picture
from engine.mesh.rig.report import measure
from engine.mesh.rig.rig import Rig
from engine.mesh.rig.sequence import RiggedMesh
from tests.engine.mesh.rig.bodies import bar

REST, TRIANGLES = bar()


def rig(angle: float) -> Rig:
    """One bone along the bar in two frames; in the second it is turned about X and moved by 3 along X, twice as large."""
    pose = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1, 1))
    pose[1, 0, 1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    root = np.float32([[0, 0, 0, 1, 0, 0, 0, 1, 1, 1], [3, 0, 0, 1, 0, 0, 0, 2, 2, 2]])
    weights = np.float32([[1, 0, 0, 0]] * len(REST))
    ends = np.float32([[0, 0, 0]]), np.float32([[0, 0, 2]])
    return Rig(["spine"], np.int32([-1]), *ends, pose, weights, np.zeros((len(REST), 4), np.int32), root)


def test_bones_are_where_pose_and_root_take_them():
    heads, tails = bones_at(rig(np.pi / 2), 1)
    assert heads[0] == pytest.approx([3, 0, 0], abs=1e-6) and tails[0] == pytest.approx([3, -4, 0], abs=1e-6)


def test_the_picture_has_a_row_a_side_and_the_bones_in_colour():
    whole = rig(0.3)
    vertices = whole.vertices(REST)
    rigged = RiggedMesh(np.float32(REST), TRIANGLES, whole, vertices, measure(vertices, vertices, TRIANGLES, 1), [])
    picture = rig_picture(rigged, tile=64, tiles=2)
    assert picture.dtype == np.uint8 and picture.shape[1:] == (128, 3) and picture.shape[0] >= 128
    # The surface is grey; bones and their names are not.
    colourful = np.ptp(picture.astype(int), axis=-1) > 40
    half = len(picture) // 2
    assert colourful[:half].any() and colourful[half:].any() and colourful.mean() < 0.2
