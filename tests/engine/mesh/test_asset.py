import json

import numpy as np
import pytest

from engine.mesh.asset import MovingMesh, write_asset
from mav3d_blender.timeline.asset import read_asset

TRIANGLES = np.array([[0, 1, 2]], np.int32)
POSITIONS = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
UV = np.zeros((1, 3, 2), np.float32)
PREVIEW = np.zeros((2, 16, 16, 3), np.uint8)
ALBEDO = np.full((8, 8, 3), 200, np.uint8)
ABOUT = {"prompt": "a red ball", "fps": 12, "loop": True}


@pytest.mark.parametrize("count", [1, 2])
def test_blenders_side_reads_what_was_written(tmp_path, count):
    folder = tmp_path / "asset"
    write_asset(folder, MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO] * count), PREVIEW, ABOUT, {"report.json": "{}"})
    asset = read_asset(folder)
    assert np.array_equal(asset.meshes.positions, POSITIONS) and np.array_equal(asset.meshes.triangles, TRIANGLES)
    assert len(asset.textures) == count and asset.about["topology"] == "fixed"
    assert "report.json" in json.loads((folder / "asset.json").read_text())["files"]


def test_an_older_asset_is_replaced_whole(tmp_path):
    folder = tmp_path / "asset"
    for count in (2, 1):
        write_asset(folder, MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO] * count), PREVIEW, ABOUT)
    assert not (folder / "albedo_0001.png").exists() and (folder / "albedo.png").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asset"]
