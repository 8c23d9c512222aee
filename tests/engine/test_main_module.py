"""`python -m engine` however Python was started."""

import os
import subprocess
import sys

import pytest

from engine import __main__ as module
from tests.root import ROOT


@pytest.mark.parametrize(
    ("given", "restarted"),
    [
        (["python", "-OO", "-m", "engine", "track", "-O"], ["-m", "engine", "track", "-O"]),
        (["python", "-BOOu", "-P", "-X", "utf8", "-m", "engine", "track", "-O"],
         ["-Bu", "-P", "-X", "utf8", "-m", "engine", "track", "-O"]),
        (["python", "/somewhere/engine/__main__.py", "track", "-O"], ["-m", "engine", "track", "-O"]),
    ],
)  # fmt: skip
def test_a_restart_keeps_all_options_but_the_one(monkeypatch, given, restarted):
    monkeypatch.setattr(sys, "orig_argv", given)
    monkeypatch.setattr(sys, "argv", ["-", "track", "-O"])
    assert module.unoptimised() == [sys.executable, *restarted]


@pytest.mark.parametrize("way", ["-O", "-OO", "PYTHONOPTIMIZE=2", "PYTHONWARNINGS=error", "PYTHONINSPECT=1"])
def test_python_without_docstrings_or_with_warnings_as_errors_runs_the_engine(tmp_path, way):
    """Libraries of the tracker don't load so."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    if "=" in way:
        environment |= {way.partition("=")[0]: way.partition("=")[2]}
    command = [sys.executable, *([] if "=" in way else [way]), "-m", "engine", "track", "none.obj", "--output", "asset"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=300)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.strip() == "none.obj is missing: give the frames' files, a folder of them, or a pattern such as f_*.obj."


def test_serving_without_docstrings_says_hello_and_leaves_when_asked(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "engine", "serve"], input='{"type": "shutdown"}\n', capture_output=True, text=True,
        env=environment, cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith('{"type": "hello"'), done.stderr
