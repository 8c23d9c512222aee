"""`engine rig` and `engine track --rig` as a user meets them, in their own process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import trimesh

from engine.mesh.asset import MovingMesh, write_asset
from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.engine.mesh.rig.bodies import folding_bar
from tests.root import PATIENCE, ROOT

ABOUT = {"prompt": "a bar", "fps": 12, "loop": False, "metrics": {"track": {"mean": {}}}, "seed": 3}


def launch(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "engine", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=PATIENCE)


@pytest.fixture
def asset(tmp_path) -> Path:
    vertices, triangles, _ = folding_bar()
    uv, albedo = np.zeros((len(triangles), 3, 2), np.float32), np.zeros((8, 8, 3), np.uint8)
    mesh = MovingMesh(np.float32(vertices), triangles, uv, [albedo])
    report = {"report.json": '{"mean": 1}', "report.png": np.full((4, 4, 3), 9, np.uint8)}
    write_asset(tmp_path / "asset", mesh, np.zeros((8, 16, 16, 3), np.uint8), ABOUT, report)
    return tmp_path / "asset"


def test_an_asset_gets_bones_in_another_folder(asset, tmp_path):
    before = (asset / "asset.json").read_bytes()
    done = launch("rig", asset, "--bones", "2", "--output", tmp_path / "rigged", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"type": "result", "path": str(tmp_path / "rigged")}
    rigged = read_asset(tmp_path / "rigged")
    assert (rigged.about["format"], rigged.about["topology"], rigged.about["seed"]) == (2, "rigged", 3)
    assert len(rigged.rig.names) == 2 and set(rigged.about["metrics"]) == {"track", "rig"}
    vertices, _, _ = folding_bar()
    size = np.linalg.norm(np.ptp(vertices.reshape(-1, 3), axis=0))
    assert np.linalg.norm(rigged.meshes.positions - vertices, axis=-1).mean() < 0.003 * size
    for frame in range(len(vertices)):
        shown = rigged.rig.in_world(rigged.rig.vertices(frame), frame)
        np.testing.assert_allclose(shown, rigged.meshes.positions[frame], atol=1e-5)
    assert (tmp_path / "rigged" / "report.json").read_text() == '{"mean": 1}'
    assert imageio.imread(tmp_path / "rigged" / "rig.png").ndim == 3
    assert (asset / "asset.json").read_bytes() == before
    again = launch("rig", asset, "--output", tmp_path / "rigged")
    assert again.returncode == 1 and "--overwrite" in again.stderr


def test_an_asset_is_rigged_where_it_is_and_again(asset):
    for bones, said in ((2, "2 bones"), (1, "one bone")):
        done = launch("rig", asset, "--bones", bones)
        assert done.returncode == 0 and said in done.stdout, done.stderr
    assert len(read_asset(asset).rig.names) == 1


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda folder: None, ["--bones", "0"], "from 1 to 256"),
        (lambda folder: (folder / "asset.json").unlink(), [], "asset.json is missing"),
        (lambda folder: (folder / "mesh.npz").write_bytes(b"PK"), [], "can't be read"),
        (lambda folder: write_about(folder, topology="per-frame"), [], "a mesh of its own in every frame"),
        (lambda folder: write_mesh(folder, 3), [], "3 vertices"),
    ],
)
def test_what_can_have_no_bones_is_one_sentence_and_stays(asset, change, options, said):
    change(asset)
    before = {path.name: path.read_bytes() for path in asset.iterdir()}
    done = launch("rig", asset, *options)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert {path.name: path.read_bytes() for path in asset.iterdir()} == before


def test_a_tracked_sequence_gets_bones(tmp_path):
    vertices, triangles, _ = folding_bar()
    for number in (0, 3, 7):
        trimesh.Trimesh(vertices[number], triangles, process=False).subdivide().export(tmp_path / f"frame_{number}.ply")
    files = sorted(tmp_path.glob("*.ply"))
    done = launch("track", *files, "--output", tmp_path / "asset", "--texture", "64", "--reference", "2", "--bones", "2")
    assert done.returncode == 0, done.stderr
    rigged = read_asset(tmp_path / "asset")
    assert len(rigged.rig.names) == 2 and rigged.about["metrics"]["rig"]["bones"] == 2
    assert (tmp_path / "asset" / "rig.png").is_file()


def write_about(folder: Path, **changes) -> None:
    path = folder / "asset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def write_mesh(folder: Path, count: int) -> None:
    vertices = np.random.default_rng(0).normal(size=(8, count, 3)).astype(np.float32)
    np.savez(folder / "mesh.npz", vertices=vertices, triangles=np.int32([[0, 1, 2]]), uv=np.zeros((1, 3, 2), np.float32))
