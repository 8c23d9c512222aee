"""`engine resume` as a user meets it: after a stop, after the worst, and with settings changed."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from engine.config.stage import STAGES
from tests.engine.cli.launching import FIXED, LAUNCH, SHORT, launch, messages
from tests.root import PATIENCE, ROOT

# The user presses Ctrl-C during the first step.
INTERRUPTED = LAUNCH.replace(
    "from engine.__main__",
    """
import signal
from engine.pipeline import run
take_step = run.take_step
def interrupted(*arguments):
    if not run.stopped:
        run.stopped = True
        signal.raise_signal(signal.SIGINT)
    return take_step(*arguments)
run.stopped, run.take_step = False, interrupted
from engine.__main__""",
)


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
    arguments = ["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT, "--json"]
    stopped = launch(tiny_models, *arguments, program=INTERRUPTED)
    assert stopped.returncode == 130, stopped.stderr
    told = messages(stopped)
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


def test_a_run_killed_again_and_again_ends_in_the_same_bits(finished, tiny_models, tmp_path):
    whole, _ = finished
    output = tmp_path / "killed"
    starts = [["generate", "a red ball bouncing", "--output", str(output), *FIXED, *SHORT]]
    starts += [["resume", str(output)]] * 2
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    for checkpoint, arguments in enumerate(starts, 1):
        command = [sys.executable, "-c", LAUNCH, str(tiny_models), *arguments]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
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


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "There is no job in"), (["--seed", "3"], "unrecognized arguments")]
)
def test_what_can_not_go_on_is_said(tiny_models, tmp_path, arguments, said):
    done = launch(tiny_models, "resume", str(tmp_path / "nowhere"), *arguments)
    assert done.returncode in (1, 2) and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "nowhere").exists()
