import json

import numpy as np
import pytest

from engine.evaluate.triangle_soup import EvaluationError, TriangleSoup, read_soups
from engine.evaluate.verdict import judge_soups
from engine.mesh.asset import TexturedMesh, write_asset
from engine.mesh.surface import Mesh
from engine.models.world.clips import COLOURS
from tests.engine.evaluate.solids import triangles


def test_an_asset_is_read_back_as_it_was_written(tmp_path):
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    square = Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    # The left half of the texture is red, the right half blue; each triangle has its corners in one half.
    albedo = np.zeros((8, 8, 3), np.uint8)
    albedo[:, :4], albedo[:, 4:] = (255, 0, 0), (0, 0, 255)
    uv = np.array([[[0.1, 0.1], [0.3, 0.1], [0.2, 0.4]], [[0.7, 0.1], [0.9, 0.1], [0.8, 0.4]]], np.float32)
    frames = [TexturedMesh(square, uv, albedo)] * 2
    write_asset(tmp_path / "asset", frames, np.zeros((2, 8, 8, 3), np.uint8), {"prompt": "x", "fps": 8})
    soups = read_soups(tmp_path / "asset")
    assert len(soups) == 2 and soups[0].triangles.shape == (2, 3, 3)
    assert soups[1].colours == pytest.approx(np.array([[1, 0, 0], [0, 0, 1]]))
    assert soups[0].areas == pytest.approx([0.5, 0.5])


def test_an_asset_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(EvaluationError, match="export it again"):
        read_soups(tmp_path)
    (tmp_path / "asset.json").write_text(json.dumps({"frames": 1, "topology": "per-frame", "texture": "per-frame"}))
    with pytest.raises(EvaluationError, match="frame_0001.npz"):
        read_soups(tmp_path)


def test_the_true_solid_in_its_colour_is_right_and_another_is_wrong():
    soup = TriangleSoup(triangles("duck"), np.tile(COLOURS["cyan"], (len(triangles("duck")), 1)))
    verdict = judge_soups([soup] * 4, "duck", "still")
    assert verdict.matches("cyan", "still") == {"colour": True, "shape": True, "motion": True}
    wrong = judge_soups([soup] * 4, "cone", "still").matches("red", "bouncing")
    assert wrong == {"colour": False, "shape": False, "motion": False}
