"""`engine track` as a user meets it, in its own process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
import trimesh

from mav3d_blender.timeline.asset import read_asset
from scripts.benchmark.sequences import meshed
from tests.root import ROOT


def launch(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "engine", "track", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=120)


@pytest.fixture(scope="module")
def frames(tmp_path_factory) -> Path:
    """Two coloured balls that slide by five, with centres at 100 and 105."""
    folder = tmp_path_factory.mktemp("frames")
    for number, shift in enumerate((0.0, 0.1), 1):
        mesh = meshed(lambda p, s=shift: np.linalg.norm(p - [s, 0, 0], axis=1) - 0.4, number)
        colours = np.tile([200, 40, 40, 255], (len(mesh.vertices), 1)).astype(np.uint8)
        whole = trimesh.Trimesh(mesh.vertices * 50 + [100, 0, 0], mesh.triangles, vertex_colors=colours, process=False)
        whole.export(folder / f"frame_{number}.ply")
    return folder


def test_a_sequence_becomes_one_mesh_in_its_own_coordinates(frames, tmp_path):
    output = tmp_path / "asset"
    done = launch(frames, "--output", output, "--triangles", "600", "--reference", "2", "--texture", "64", "--json")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[-1] == {"type": "result", "path": str(output)} and any(m["type"] == "progress" for m in told)
    with np.load(output / "mesh.npz", allow_pickle=False) as mesh:
        assert mesh["vertices"].shape[0] == 2 and len(mesh["triangles"]) == pytest.approx(600, rel=0.25)
        assert mesh["vertices"].mean(1)[:, 0] == pytest.approx([100, 105], abs=0.5)
    assert np.abs(imageio.imread(output / "albedo.png").astype(int) - [200, 40, 40]).max() <= 1
    report = json.loads((output / "report.json").read_text())
    assert report["reference"] == 2 and len(report["frames"]) == 2 and report["mean"]["distance"] < 0.5
    assert imageio.imread(output / "report.png").shape[1] == 400
    again = launch(frames, "--output", output)
    assert again.returncode == 1 and "--overwrite" in again.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--reference", "3"], "from 1 to 2"), (["--triangles", "0"], "from 20"), (["--fps", "0"], "from 1 to 120")],
)
def test_a_bad_option_is_one_sentence(frames, tmp_path, options, said):
    done = launch(frames, "--output", tmp_path / "asset", *options)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "asset").exists()


def test_what_is_no_asset_is_never_removed(frames, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "scene.blend").write_text("precious")
    done = launch(frames, "--output", tmp_path / "work", "--overwrite")
    assert done.returncode == 1 and "something else" in done.stderr
    assert (tmp_path / "work" / "scene.blend").read_text() == "precious"


def test_an_asset_is_replaced_when_asked_to_and_kept_where_that_fails(frames, tmp_path):
    output, broken = tmp_path / "asset", tmp_path / "broken"
    output.mkdir()
    (output / "asset.json").write_text("{}")
    (output / "albedo_0001.png").write_text("of an older asset")
    shutil.copytree(frames, broken)
    (broken / "frame_2.ply").write_bytes((broken / "frame_2.ply").read_bytes()[:400])
    failed = launch(broken, "--output", output, "--overwrite")
    assert failed.returncode == 1 and "Frame 2 (frame_2.ply)" in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1
    assert sorted(path.name for path in output.iterdir()) == ["albedo_0001.png", "asset.json"]
    done = launch(frames / "frame_1.ply", frames / "frame_2.ply", "--output", output, "--overwrite", "--reference", "1")
    assert done.returncode == 0, done.stderr
    assert "the mesh of frame 1" in done.stdout and "One mesh follows badly" not in done.stdout
    assert not (output / "albedo_0001.png").exists() and read_asset(output).about["texture"] == "one"
