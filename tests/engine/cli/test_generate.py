"""`engine generate` as a user meets it, in its own process."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from engine.config.stage import STAGES
from engine.job.lock import held
from tests.engine.cli.launching import FIXED, SHORT, launch, messages


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["generate", ""], "prompt is empty"),
        (["generate", "ball " * 100], "shorten"),
        (["generate", "a corgi playing with a ball"], '"corgi"'),
        (["generate", "a red ball", "--quality", "best"], "draft or standard"),
        (["generate", "a red ball", "--topology", "loose"], "auto or rigged or fixed"),
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
    assert done.returncode == 1 and "can't be made, since" in done.stderr and "Traceback" not in done.stderr


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(tmp_path, monkeypatch, capsys):
    from engine.cli.main import main
    from engine.pipeline import run

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "_optimise_and_export", full)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        code = main(["generate", "a red ball", "--output", str(tmp_path / "job")])
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
