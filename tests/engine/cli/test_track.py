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

from engine.__main__ import main
from mav3d_blender.timeline.asset_folder.asset import read_asset
from scripts.benchmark.sequences import meshed
from tests.engine.mesh.files.gltf_files import Maker
from tests.root import PATIENCE, ROOT


def launch(*arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "engine", "track", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=PATIENCE)


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
    [
        (["--reference", "3"], "from 1 to 2"),
        (["--triangles", "0"], "from 20"),
        (["--fps", "0"], "from 1 to 120"),
        (["--gaps", "leap"], "choose interpolate or hold or close"),
        (["--empty-frames", "no"], "choose refuse or skip or hold"),
    ],
)
def test_a_bad_option_is_one_sentence(frames, tmp_path, capsys, options, said):
    assert main(["track", str(frames), "--output", str(tmp_path / "asset"), *options]) == 1
    sentence = capsys.readouterr().err.strip()
    assert said in sentence and len(sentence.splitlines()) == 1
    assert not (tmp_path / "asset").exists()


def test_what_is_no_asset_is_never_removed(frames, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "scene.blend").write_text("precious")
    done = launch(frames, "--output", tmp_path / "work", "--overwrite")
    assert done.returncode == 1 and "something else" in done.stderr
    assert (tmp_path / "work" / "scene.blend").read_text() == "precious"


def test_an_output_that_can_t_be_made_is_said_before_any_work(frames, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["track", str(frames), "--output", str(tmp_path / "file" / "deep" / "asset")]) == 1
    assert "since " + str(tmp_path / "file") + " is a file: choose another" in capsys.readouterr().err
    assert main(["rig", str(tmp_path / "file")]) == 1
    assert "file is a file: give the asset's folder" in capsys.readouterr().err


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


def written(
    folder: Path, numbers: list[int], scale: float = 1.0, place: tuple[float, float, float] = (0, 0, 0), shared: bool = False
) -> Path:
    """OBJ files of an icosphere, radius `scale`, that has slid by a fifth of that for each number. shared: with the same faces
    in all."""
    folder.mkdir()
    for number in numbers:
        ball = trimesh.creation.icosphere(2)
        if not shared:
            ball.faces = np.roll(ball.faces, number, axis=0)
        points = (ball.vertices + [0.2 * number, 0, 0]) * scale + place
        lines = [f"v {x:.17g} {y:.17g} {z:.17g}" for x, y, z in points]
        lines += [f"f {a} {b} {c}" for a, b, c in ball.faces + 1]
        (folder / f"f_{number}.obj").write_text("\n".join(lines))
    return folder


def tracked(output: Path, *arguments: object):
    """In this process: the asset as Blender's side reads it, and the mean of its vertices in each frame."""
    options = ["--output", output, "--texture", "64", "--reference", "1"]
    assert main(["track", *map(str, [*arguments, *options])]) == 0
    asset = read_asset(output)
    return asset, asset.meshes.positions.astype(np.float64).mean(1)


def test_size_does_not_matter_and_numbers_keep_their_times(tmp_path, capsys):
    folder = written(tmp_path / "frames", [1, 2, 5], scale=1e-7)
    asset, middle = tracked(tmp_path / "asset", *sorted(folder.iterdir(), reverse=True))
    said = capsys.readouterr().out
    assert "in the order of their numbers, f_1.obj to f_5.obj" in said and "Numbers 3 to 4 are missing" in said
    assert asset.frames == 5 and asset.origin == (0, 0, 0)
    assert middle[:, 0] / 1e-7 == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0], abs=0.1)
    assert np.ptp(asset.meshes.positions[0], axis=0) / 1e-7 == pytest.approx(2, rel=0.05)
    assert asset.about["frame_numbers"] == [1, 2, 3, 4, 5] and asset.about["sources"] == ["f_1.obj", "f_2.obj", "f_5.obj"]
    # Charts, not a cell a triangle, at any size.
    corners = asset.meshes.uv.reshape(-1, 2)
    assert len(np.unique(corners.round(5), axis=0)) < 0.5 * len(corners)


def test_a_place_far_away_becomes_the_origin(tmp_path, capsys):
    folder = written(tmp_path / "frames", [0, 1], place=(4500000, 5300000, 200))
    asset, middle = tracked(tmp_path / "asset", folder)
    assert "becomes the object's location" in capsys.readouterr().out
    assert asset.origin == pytest.approx((4500000.1, 5300000, 200), abs=1e-6)
    assert middle == pytest.approx(np.array([[-0.1, 0, 0], [0.1, 0, 0]]), abs=0.03)
    assert np.linalg.norm(asset.meshes.positions - middle[:, None], axis=-1) == pytest.approx(1, abs=0.03)


def test_frames_that_share_their_faces_are_passed_through(tmp_path, capsys):
    folder = written(tmp_path / "frames", [1, 2, 5], place=(4500000, 5300000, 200), shared=True)
    asset, middle = tracked(tmp_path / "asset", folder, "--fps", "23.976")
    said = capsys.readouterr().out
    assert "the mesh is passed through as it is, and not followed" in said and "5 frames of the mesh as it was given" in said
    ball = trimesh.creation.icosphere(2)
    assert np.array_equal(asset.meshes.triangles, ball.faces) and asset.fps == 23.976
    for place, slid in enumerate((0.2, 0.4, 0.6, 0.8, 1.0)):
        given = ball.vertices + [slid, 0, 0] + [4500000, 5300000, 200] - np.array(asset.origin)
        assert asset.meshes.positions[place] == pytest.approx(given, abs=2e-7)
    report = json.loads((tmp_path / "asset" / "report.json").read_text())
    assert report["followed"] is False and report["mean"]["distance"] == 0 and report["clip_frames"] == 5
    named = [(entry["frame"], entry["file"], entry["number"], entry["clip_frame"]) for entry in report["frames"]]
    assert named == [(1, "f_1.obj", 1, 1), (2, "f_2.obj", 2, 2), (3, "f_5.obj", 5, 5)]


def test_other_triangles_are_followed_in_any_case(tmp_path):
    folder = written(tmp_path / "frames", [1, 2], shared=True)
    asset, _ = tracked(tmp_path / "asset", folder, "--triangles", "100")
    assert len(asset.meshes.triangles) == pytest.approx(100, rel=0.25)


def test_a_rig_for_a_mesh_that_is_passed_through(tmp_path):
    """A bar whose upper half bends, in four frames."""
    (tmp_path / "frames").mkdir()
    bar = trimesh.creation.box((0.2, 0.2, 2)).subdivide_to_size(0.15)
    for number in range(4):
        angle = 0.25 * number * np.clip(4 * bar.vertices[:, 2] + 0.5, 0, 1)
        x, y, z = bar.vertices.T
        bent = np.stack([x * np.cos(angle) + z * np.sin(angle), y, z * np.cos(angle) - x * np.sin(angle)], 1)
        trimesh.Trimesh(bent, bar.faces, process=False).export(tmp_path / "frames" / f"f_{number}.obj")
    asset, _ = tracked(tmp_path / "asset", tmp_path / "frames", "--rig")
    assert asset.rig is not None and len(asset.rig.names) >= 2
    assert asset.meshes.positions.shape[1] == len(bar.vertices)


def test_a_texture_that_is_passed_through_keeps_its_pixels(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (16, 8, 3)).astype(np.uint8)
    imageio.imwrite(tmp_path / "skin.png", picture)
    (tmp_path / "a.mtl").write_text("newmtl skin\nmap_Kd skin.png\n")
    uv = [(0, 0), (1, 0), (0.5, 1.5), (0.25, 0.75)]
    for number in (1, 2):
        lines = ["mtllib a.mtl", "v 0 0 0", f"v {number} 0 0", "v 0 1 0", "v 0 0 1", *(f"vt {u} {v}" for u, v in uv)]
        faces = ["f 1/1 3/3 2/2", "f 1/1 2/2 4/4", "f 2/2 3/3 4/4", "f 3/3 1/1 4/4"]
        (tmp_path / f"f_{number}.obj").write_text("\n".join([*lines, "usemtl skin", *faces]))
    asset, _ = tracked(tmp_path / "asset", tmp_path)
    assert np.array_equal(imageio.imread(asset.textures[0]), picture)
    corners = np.array(uv)[[[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]]
    assert np.array_equal(asset.meshes.uv, corners.astype(np.float32))


def test_a_file_that_moves_is_a_sequence_at_its_own_rate(tmp_path):
    ball, maker = trimesh.creation.icosphere(2), Maker(nodes=[{"mesh": 0}])
    material = {"pbrMetallicRoughness": {"baseColorFactor": [1, 0, 0, 1]}}
    primitive = {"attributes": {"POSITION": maker.add(ball.vertices)}, "indices": maker.add(ball.faces.ravel(), "uint16")}
    maker.root |= {"materials": [material], "meshes": [{"primitives": [primitive | {"material": 0}]}]}
    maker.move(0, "translation", [0, 1 / 24], [[0, 0, 0], [0, 0.5, 0]])
    asset, middle = tracked(tmp_path / "asset", maker.write(tmp_path / "ball.glb"))
    assert asset.fps == 24 and middle[:, 2] == pytest.approx([0, 0.5], abs=0.05)
    assert (imageio.imread(tmp_path / "asset" / "albedo.png") == [255, 0, 0]).all()
