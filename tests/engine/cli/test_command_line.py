"""The engine's command line as a user meets it, in its own process, on tiny random models."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from engine.job.lock import held
from tests.root import ROOT

LAUNCH = """
import sys
from dataclasses import replace
from pathlib import Path
from engine.config import quality as settings
from engine.models import presets
folder = Path(sys.argv.pop(1))
tiny = {role: str(folder / role) for role in ("image", "video", "upscale")}
presets.PRESETS["primitives"] = replace(presets.PRESETS["primitives"], **tiny)
for name, quality in list(settings.QUALITIES.items()):
    mesh = settings.MeshConfig(resolution=24, triangles=200, texture=32)
    settings.QUALITIES[name] = replace(quality, mesh=mesh, field=replace(quality.field, resolutions=(8,), times=16))
from engine.__main__ import main
sys.exit(main())
"""
STAGES = ("static", "dynamic", "super_resolution")
FIXED = ["--seed", "4", "--topology", "fixed"]
SHORT = ["--static-steps", "2", "--dynamic-steps", "2", "--super-resolution-steps", "1"]


def launch(models: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", LAUNCH, str(models), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=300, **options)


def messages(done: subprocess.CompletedProcess) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def finished(tiny_models, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    output = tmp_path_factory.mktemp("whole") / "job"
    # Random models make no motion to speak of, so that one mesh is asked for, whatever it is worth.
    arguments = ["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT, "--json"]
    return output, launch(tiny_models, *arguments)


def test_a_run_goes_through_all_stages_to_an_asset(finished):
    output, done = finished
    assert done.returncode == 0, done.stderr
    told = messages(done)
    assert {m["stage"] for m in told if m["type"] == "progress"} == {*STAGES, "mesh", "track", "texture", "preview"}
    assert all(m["eta_s"] >= 0 for m in told if m["type"] == "progress")
    assert told[-1]["type"] == "result" and told[-1]["path"] == str(output / "asset")
    about = json.loads((output / "asset" / "asset.json").read_text())
    assert (about["frames"], about["topology"], about["seed"]) == (16, "fixed", 4)
    assert all((output / "asset" / name).is_file() for name in about["files"])
    assert {"mesh.npz", "preview.png", "preview.mp4"} <= set(about["files"])
    assert len(about["metrics"]["track"]["frames"]) == 16
    events = [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()]
    assert events == told


def test_the_same_request_again_says_it_is_finished(finished, tiny_models):
    output, _ = finished
    before = (output / "asset" / "asset.json").stat().st_mtime_ns
    done = launch(tiny_models, "generate", "a red ball bouncing", "--output", str(output), *FIXED[2:], *SHORT)
    assert done.returncode == 0 and "Already finished" in done.stdout
    assert (output / "asset" / "asset.json").stat().st_mtime_ns == before


def test_another_request_there_is_refused_and_nothing_lost(finished, tiny_models):
    output, _ = finished
    done = launch(tiny_models, "generate", "a blue cube spinning", "--output", str(output), "--seed", "4")
    assert done.returncode == 1 and "different" in done.stderr and "--overwrite" in done.stderr
    assert (output / "asset" / "asset.json").is_file()


def test_two_at_once_in_one_folder(finished, tiny_models):
    output, _ = finished
    with held(output):
        for command in (["generate", "a blue cube", "--output", str(output), "--overwrite"], ["export", str(output)]):
            done = launch(tiny_models, *command)
            assert done.returncode == 1 and "Another process works on the job" in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
    assert (output / "asset" / "asset.json").is_file() and not (output / ".lock").exists()


def test_export_writes_the_asset_again_from_the_checkpoint(finished, tiny_models):
    output, _ = finished
    meshes = (output / "asset" / "mesh.npz").read_bytes()
    (output / "asset" / "asset.json").unlink()
    done = launch(tiny_models, "export", str(output))
    assert done.returncode == 0, done.stderr
    assert (output / "asset" / "mesh.npz").read_bytes() == meshes


def test_each_frame_can_have_a_mesh_of_its_own(finished, tiny_models, tmp_path):
    output, _ = finished
    shutil.copytree(output, tmp_path / "job")
    done = launch(tiny_models, "resume", str(tmp_path / "job"), "--topology", "per-frame", "--json")
    assert done.returncode == 0, done.stderr
    assert {m["stage"] for m in messages(done) if m["type"] == "progress"} == {"mesh", "texture", "preview"}
    assert (tmp_path / "job" / "job.json").read_bytes() == (output / "job.json").read_bytes()
    about = json.loads((tmp_path / "job" / "asset" / "asset.json").read_text())
    assert about["topology"] == "per-frame" and about["texture"] == "per-frame"
    assert {"frame_0001.npz", "frame_0016.npz", "albedo_0016.png"} <= set(about["files"])


def test_a_stopped_run_goes_on_bit_for_bit(finished, tiny_models, tmp_path):
    whole, _ = finished
    output = tmp_path / "stopped"
    command = [sys.executable, "-c", LAUNCH, str(tiny_models), "generate", "a red ball bouncing", "--output", str(output)]
    command += [*FIXED, *SHORT, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    for line in process.stdout:
        if json.loads(line)["type"] == "progress":
            process.send_signal(signal.SIGINT)
            break
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    told = [json.loads(line) for line in rest.splitlines()]
    assert told[-1]["kind"] == "stopped" and {"type": "cancelling"} in told
    assert "same command" in told[-1]["advice"] and "command" not in told[-1]["message"]
    # What there was of the scene is an asset, which does not pass for the finished one.
    about = json.loads((output / "asset" / "asset.json").read_text())
    assert about["unfinished"]["stage"] == "static" and (output / "asset" / "mesh.npz").is_file()
    done = launch(tiny_models, "resume", str(output), "--json")
    assert done.returncode == 0, done.stderr
    assert "unfinished" not in json.loads((output / "asset" / "asset.json").read_text())
    assert (output / "asset" / "mesh.npz").read_bytes() == (whole / "asset" / "mesh.npz").read_bytes()
    pictures = sorted(path.name for path in (whole / "asset").glob("albedo*.png"))
    assert pictures and all(
        (output / "asset" / name).read_bytes() == (whole / "asset" / name).read_bytes() for name in pictures
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", ""], "prompt is empty"),
        (["generate", "ball " * 100], "shorten"),
        (["generate", "a corgi playing with a ball"], '"corgi"'),
        (["generate", "a red ball", "--quality", "best"], "draft or standard"),
        (["generate", "a red ball", "--topology", "loose"], "auto or fixed"),
        (["generate", "a red ball", "--device", "gpu"], "cpu or cuda"),
    ],
)
def test_bad_requests_are_one_sentence_and_leave_nothing_behind(tiny_models, tmp_path, arguments, said):
    output = tmp_path / "job"
    done = launch(tiny_models, *arguments, "--output", str(output))
    assert done.returncode == 1 and said in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not output.exists()


def test_an_unwritable_place_is_one_sentence(tiny_models, tmp_path):
    (tmp_path / "file").write_text("")
    done = launch(tiny_models, "generate", "a red ball", "--output", str(tmp_path / "file" / "job"))
    assert done.returncode == 1 and "Can't write" in done.stderr and "Traceback" not in done.stderr


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(tmp_path, monkeypatch, capsys):
    from engine import __main__
    from engine.pipeline import train as generate

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generate, "generate", full)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        code = __main__.main(["generate", "a red ball", "--output", str(tmp_path / "job")])
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    assert code == 1 and "No space left on device): make room" in (said := capsys.readouterr().err)
    assert "The same command goes on" in said


def test_a_damaged_model_is_one_sentence(tiny_models, tmp_path):
    models = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    weights = next((models / "image" / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:10_000])
    done = launch(models, "generate", "a red ball", "--output", str(tmp_path / "job"), *SHORT)
    assert done.returncode == 1 and "can't be read" in done.stderr and "Traceback" not in done.stderr


def test_a_run_killed_again_and_again_ends_in_the_same_bits(finished, tiny_models, tmp_path):
    whole, _ = finished
    output = tmp_path / "killed"
    starts = [["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT]]
    starts += [["resume", str(output)]] * 2
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    for checkpoint, arguments in enumerate(starts, 1):
        command = [sys.executable, "-c", LAUNCH, str(tiny_models), *arguments]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while _checkpoints(output) < checkpoint and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.wait()
    done = launch(tiny_models, "resume", str(output))
    assert done.returncode == 0, done.stderr
    mine, theirs = (np.load(folder / "asset" / "mesh.npz", allow_pickle=False) for folder in (output, whole))
    assert all(np.array_equal(mine[name], theirs[name]) for name in theirs.files)


def _checkpoints(output: Path) -> int:
    """Stages whose last step is checkpointed, 0 to 3."""
    try:
        with safe_open(output / "state.safetensors", "pt") as file:
            return STAGES.index(file.metadata()["stage"]) + 1
    except OSError:
        return 0


def test_a_scene_is_rendered_from_any_camera(finished, tiny_models, tmp_path):
    output, _ = finished
    poses = [{"azimuth": 90, "elevation": 20, "time": 0.1}, {"azimuth": 180, "distance": 4, "fov": 30, "time": 0.9}]
    (tmp_path / "path.json").write_text(json.dumps(poses))
    small = ["--size", "16", "--samples", "16"]
    pictures, path = tmp_path / "pictures", tmp_path / "path.json"
    done = launch(tiny_models, "render", str(output), "--output", str(pictures), "--cameras", str(path), *small)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in pictures.iterdir()) == ["0001.png", "0002.png"]
    done = launch(tiny_models, "render", str(output), "--output", str(tmp_path / "turn.mp4"), "--frames", "3", *small)
    assert done.returncode == 0 and (tmp_path / "turn.mp4").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--path", "spiral"], "turntable"),
        (["--elevation", "100"], "from -90 to 90 degrees"),
        (["--start", "2"], "from 0 to 1"),
        (["--size", "0"], "whole number from 1"),
        (["--cameras", "nowhere.json"], "can't be read"),
    ],
)
def test_a_camera_that_can_not_be_is_one_sentence(tiny_models, tmp_path, arguments, said):
    done = launch(tiny_models, "render", str(tmp_path), "--output", str(tmp_path / "x.mp4"), *arguments)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "x.mp4").exists()


def test_an_estimate_names_every_stage(tiny_models):
    done = launch(tiny_models, "estimate", *SHORT, "--json")
    assert done.returncode == 0, done.stderr
    told = messages(done)[0]
    assert set(told["seconds"]) == {*STAGES, "mesh"}
    assert all(value > 0 for value in told["seconds"].values()) and 100 < told["memory_mb"] < 8000
