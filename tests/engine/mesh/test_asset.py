import hashlib
import json
from dataclasses import replace

import imageio.v3 as imageio
import numpy as np
import pytest

from engine.contract.errors import DivergedError
from engine.mesh.asset import MovingMesh, TexturedMesh, write_asset
from engine.mesh.surface import Mesh
from mav3d_blender.timeline.asset_folder.asset import read_asset

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


def test_pictures_and_texts_come_along_with_their_sums(tmp_path):
    folder, picture = tmp_path / "asset", np.full((4, 6, 3), 90, np.uint8)
    write_asset(folder, MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO]), PREVIEW, ABOUT, {"a.txt": "äö", "report.png": picture})
    assert (folder / "a.txt").read_text("utf-8") == "äö" and np.array_equal(imageio.imread(folder / "report.png"), picture)
    files = json.loads((folder / "asset.json").read_text())["files"]
    assert set(files) == {path.name for path in folder.iterdir()} - {"asset.json"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == value for name, value in files.items())


def test_a_write_that_fails_leaves_the_older_asset(tmp_path):
    folder = tmp_path / "asset"
    write_asset(folder, MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO]), PREVIEW, ABOUT)
    before = (folder / "asset.json").read_bytes()
    with pytest.raises(KeyError):
        write_asset(folder, MovingMesh(POSITIONS + 1, TRIANGLES, UV, [ALBEDO]), PREVIEW, {"prompt": "no speed"})
    assert (folder / "asset.json").read_bytes() == before
    assert np.array_equal(read_asset(folder).meshes.positions, POSITIONS)


@pytest.mark.parametrize(
    ("changes", "about", "said"),
    [
        ({"positions": np.where(POSITIONS == 7, np.nan, POSITIONS)}, {}, "mesh.npz .vertices."),
        ({"uv": np.full_like(UV, np.inf)}, {}, "mesh.npz .uv."),
        ({}, {"metrics": {"track": {"distance": float("nan")}}}, "asset.json"),
    ],
)
def test_what_is_not_finite_is_never_written(tmp_path, changes, about, said):
    mesh = replace(MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO]), **changes)
    with pytest.raises(DivergedError, match=said):
        write_asset(tmp_path / "asset", mesh, PREVIEW, ABOUT | about)
    assert not list(tmp_path.iterdir())


def test_frames_that_are_not_finite_are_named(tmp_path):
    good = TexturedMesh(Mesh(POSITIONS[0], TRIANGLES), UV, ALBEDO)
    bad = replace(good, mesh=Mesh(np.full_like(POSITIONS[0], np.inf), TRIANGLES))
    with pytest.raises(DivergedError, match="frame_0002.npz .vertices."):
        write_asset(tmp_path / "asset", [good, bad], PREVIEW, ABOUT)


def test_an_origin_goes_along(tmp_path):
    write_asset(tmp_path / "asset", MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO]), PREVIEW, ABOUT | {"origin": [1e6, 0, 2.5]})
    assert read_asset(tmp_path / "asset").origin == (1e6, 0, 2.5)


def test_a_write_that_fails_leaves_the_older_asset_and_nothing_beside_it(tmp_path, monkeypatch):
    folder, mesh = tmp_path / "asset", MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO])
    write_asset(folder, mesh, PREVIEW, ABOUT)
    before = (folder / "asset.json").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr("engine.mesh.asset.imageio.imwrite", fail)
    with pytest.raises(OSError, match="No space"):
        write_asset(folder, mesh, PREVIEW, ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["asset"] and (folder / "asset.json").read_bytes() == before


def test_what_somebody_put_into_an_asset_stays_and_what_was_its_own_goes(tmp_path):
    folder, mesh = tmp_path / "asset", MovingMesh(POSITIONS, TRIANGLES, UV, [ALBEDO])
    write_asset(folder, mesh, PREVIEW, ABOUT, {"report.json": "{}"})
    (folder / "scene.blend").write_bytes(b"BLENDER")
    (folder / "renders").mkdir()
    (folder / "renders" / "1.png").write_bytes(b"\x89PNG")
    write_asset(folder, mesh, PREVIEW, ABOUT)
    assert (folder / "scene.blend").read_bytes() == b"BLENDER" and (folder / "renders" / "1.png").is_file()
    assert not (folder / "report.json").exists()
    assert "scene.blend" not in json.loads((folder / "asset.json").read_text())["files"]
