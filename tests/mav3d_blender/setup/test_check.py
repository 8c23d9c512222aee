"""The check of an environment: three lines and a text, for good ones and for wrong paths."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from mav3d_blender.common import subprocesses
from mav3d_blender.setup.check import check, start_check
from tests.root import PATIENCE

from .conftest import TORCH, bare_environment, facts, fake_python, make_wheel

CUDA = """
class Properties:
    name, total_memory = "GeForce RTX 4090", 24 * 10**9
class Ones:
    def __mul__(self, other): return self
    def sum(self): return self
    def item(self):
        {work}
ones = lambda count, device: Ones()
version.cuda = "13.0"
cuda.is_available, cuda.device_count = (lambda: True), (lambda: 2)
cuda.get_device_properties = lambda index: Properties
"""
MPS = CUDA.format(work="return 16") + "cuda.is_available, backends.mps.is_available = (lambda: False), (lambda: True)\n"
TOO_OLD = """
import warnings
def unavailable():
    warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old (found version 11040).")
    return False
version.cuda, cuda.is_available = "13.0", unavailable
"""


@pytest.fixture()
def wanted(tmp_path):
    path = tmp_path / "engine.txt"
    path.write_text("torch==2.13.0\nlittle>=1.5\n")
    return path


def environment(folder: Path, torch: str | None = TORCH, little: str | None = "1.6") -> Path:
    wheels = [make_wheel(folder / "wheels", "torch", "2.13.0+cpu", torch)] if torch is not None else []
    wheels += [make_wheel(folder / "wheels", "little", little)] if little else []
    return bare_environment(folder / "env", *wheels)


def test_a_good_environment_is_ok_in_every_line(tmp_path, wanted):
    python = environment(tmp_path)
    report = check(python, wanted)
    assert [line.name for line in report.lines] == ["Engine environment", "Models", "Device"]
    assert report.ok and report.usable
    assert "torch 2.13.0+cpu" in report.lines[0].sentence and "CPU" in report.lines[2].sentence
    assert str(python) in report.text and "little>=1.5: 1.6" in report.text and "System: " in report.text


def test_the_check_runs_while_the_caller_goes_on(tmp_path, wanted):
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    running = start_check(environment(tmp_path, TORCH + wait), wanted)
    assert running.poll() is None and not running.done
    (tmp_path / "go").touch()
    assert running.wait(PATIENCE).ok and running.poll().ok


@pytest.mark.parametrize(
    ("torch", "little", "state", "usable", "words"),
    [
        (None, None, "missing", False, "0 of the engine's 2"),
        (None, "1.6", "missing", False, "1 of the engine's 2"),
        (TORCH, None, "broken", False, "little"),
        (TORCH, "1.4", "broken", True, "little is 1.4, not 1.5"),
        ("raise OSError('[WinError 126] Error loading c10.dll')", "1.6", "broken", False, "Visual C++"),
        ("raise ImportError('libcudart.so.13: cannot open shared object file')", "1.6", "broken", False, "NVIDIA"),
        ("import os; os.kill(os.getpid(), 11)", "1.6", "broken", False, "ended the process"),
    ],
)
def test_what_is_wrong_with_an_environment(tmp_path, wanted, torch, little, state, usable, words):
    report = check(environment(tmp_path, torch, little), wanted)
    assert (report.lines[0].state, report.usable) == (state, usable)
    assert words in report.lines[0].sentence
    assert report.lines[2].state == ("ok" if torch == TORCH else "missing")


def test_importing_torch_has_a_time_limit(tmp_path, wanted, monkeypatch):
    importing = tmp_path / "importing"
    torch = f"import pathlib, time; pathlib.Path({str(importing)!r}).touch(); time.sleep(10000)"

    def run_out_of_time(arguments, time_limit):
        """The limit comes when torch is being imported, however long it took to get there."""
        assert time_limit == 77
        started = subprocesses.start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not importing.exists() and started.poll() is None:
            time.sleep(0.01)
        subprocesses.kill(started)
        return subprocesses.Ended(None, *(said.decode() for said in started.communicate()))

    monkeypatch.setattr(subprocesses, "run", run_out_of_time)
    report = check(environment(tmp_path, torch), wanted, time_limit=77)
    assert "too long" in report.lines[0].sentence and not report.usable


@pytest.mark.parametrize(
    ("more", "state", "words", "other"),
    [
        (CUDA.format(work="return 16"), "ok", "GeForce RTX 4090, 24 GB, one of 2", ["cuda"]),
        (CUDA.format(work="raise RuntimeError('CUDA error: no kernel image is here')"), "broken", "not among the cards", []),
        (CUDA.format(work="raise RuntimeError('CUDA error: unknown error')"), "broken", "update its driver", []),
        (TOO_OLD, "broken", "driver is too old", []),
        (MPS, "ok", "MPS", ["mps"]),
    ],
)
def test_devices(tmp_path, wanted, more, state, words, other):
    report = check(environment(tmp_path, TORCH + more), wanted)
    assert report.devices == ("cpu", *other) and not report.cuda_missing
    assert report.lines[2].state == state and words in report.lines[2].sentence
    assert report.lines[0].state == "ok"


def test_an_nvidia_card_without_a_cuda_build_is_pointed_out(tmp_path, wanted, monkeypatch):
    fake_python(tmp_path / "programs" / "nvidia-smi")
    monkeypatch.setenv("PATH", str(tmp_path / "programs") + os.pathsep + os.environ["PATH"])
    report = check(environment(tmp_path), wanted)
    assert "CUDA variant" in report.lines[2].sentence and report.cuda_missing and report.devices == ("cpu",)


def test_blenders_python_settings_do_not_reach_the_other_interpreter(tmp_path, wanted, monkeypatch):
    python = environment(tmp_path)
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "torch.py").write_text("raise RuntimeError('the wrong one')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "shadow"))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "shadow"))
    assert check(python, wanted).ok


@pytest.mark.parametrize(
    ("make", "state", "words"),
    [
        (lambda path: path, "missing", "There is no file"),
        (lambda path: path.mkdir() or path, "broken", "is a folder"),
        (lambda path: path.write_text("x") and path, "broken", "not a program"),
        (lambda path: fake_python(path, {"interpreter": facts(version=[3, 8, 10])}), "broken", "Python 3.8.10"),
        (lambda path: fake_python(path, script="echo hello"), "broken", "does not answer"),
    ],
)
def test_any_path_gets_one_sentence(tmp_path, wanted, make, state, words):
    report = check(make(tmp_path / "python"), wanted)
    assert report.lines[0].state == state and words in report.lines[0].sentence and not report.usable
    assert report.lines[1].state == "ok" and report.lines[2].state == "missing"


def test_before_there_is_a_python_the_models_are_checked_all_the_same():
    report = check(None)
    assert [line.state for line in report.lines] == ["missing", "ok", "missing"] and report.devices == ()
    assert "Not installed yet" in report.lines[0].sentence and not report.usable and "Python asked: none" in report.text


def test_missing_models_do_not_hide_a_good_environment(tmp_path, wanted):
    report = check(environment(tmp_path), wanted, models=tmp_path / "none")
    assert [line.state for line in report.lines] == ["ok", "missing", "ok"]
    assert not report.ok and report.usable
