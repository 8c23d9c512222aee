"""Fetching models in a process of its own, by programs that only print."""

import json
import sys
from pathlib import Path

import pytest

from mav3d_blender.client.model_fetch import ModelFetch
from tests.mav3d_blender.engines import exists
from tests.root import PATIENCE
from tests.waiting import until


def fetching(folder: Path, *lines: str) -> ModelFetch:
    """Of a program with these lines."""
    program = "\n".join(["import json, sys, time", "def say(**m): print(json.dumps(m), flush=True)", *lines])
    return ModelFetch([sys.executable, "-u", "-c", program], folder, folder / "fetch.log", "open")


def progress(step: int, **more) -> str:
    message = {"type": "progress", "stage": "megabytes", "step": step, "steps": 200, "eta_s": 90.0, "model": "a/b"} | more
    return f"say(**json.loads({json.dumps(json.dumps(message))}))"


def test_it_tells_how_far_it_is_and_ends(tmp_path):
    fetch = fetching(
        tmp_path, progress(50), "import pathlib",
        "while not pathlib.Path('go').exists(): time.sleep(0.01)", "say(type='result', path='/models/a')",
    )  # fmt: skip
    status = until(lambda: fetch.poll().fraction and fetch.poll())
    assert status.state == "running" and status.fraction == 0.25
    assert status.phase == "a/b: 50 of 200 MB, 1 min 30 s left"
    (tmp_path / "go").touch()
    assert fetch.wait(PATIENCE).state == "done" and fetch.poll().ended


def test_sentences_of_the_engine_say_why_it_failed(tmp_path):
    fetch = fetching(tmp_path, "say(type='error', kind='model', message='a/b is gated.')", "sys.exit(1)")
    assert (fetch.wait(PATIENCE).state, fetch.poll().sentence) == ("failed", "a/b is gated.")


def test_without_a_sentence_the_log_says_why(tmp_path):
    fetch = fetching(tmp_path, "import no_such_module")
    assert fetch.wait(PATIENCE).state == "failed" and "exit status 1" in fetch.poll().sentence
    assert "no_such_module" in fetch.poll().sentence and "no_such_module" in (tmp_path / "fetch.log").read_text()


def test_a_program_that_can_not_be_started_is_told_of(tmp_path):
    fetch = ModelFetch([str(tmp_path / "none")], tmp_path, tmp_path / "fetch.log")
    assert fetch.poll().state == "failed" and "No such file" in fetch.poll().sentence
    fetch.cancel()


def test_cancel_ends_it_soon_whatever_it_does(tmp_path):
    fetch = fetching(tmp_path, "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", progress(1), "time.sleep(600)")
    until(lambda: fetch.poll().fraction)
    pid = fetch._child.pid
    fetch.cancel()
    assert fetch.poll().state == "cancelling"
    assert fetch.wait(PATIENCE).state == "cancelled" and not exists(pid)


@pytest.mark.parametrize("step", ['"many"', "null", "-5", "1e400"])
def test_nonsense_is_no_progress(tmp_path, step):
    line = f'{{"type": "progress", "step": {step}, "steps": 0, "eta_s": "soon", "model": 3}}'
    fetch = fetching(tmp_path, f"print({line!r}, flush=True)")
    assert fetch.wait(PATIENCE).state == "done"
