"""Child processes in groups of their own; what each prints first says that it is under way."""

import os
import subprocess
import sys

import pytest

from mav3d_blender.common import subprocesses
from tests.mav3d_blender.engines import exists
from tests.root import PATIENCE
from tests.waiting import until

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX groups and signals")
WAITS = "import time\nprint('ready', flush=True)\ntime.sleep(10000)"


def started(code: str) -> subprocess.Popen:
    child = subprocesses.start([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout.readline().strip()
    return child


def test_a_child_that_ends_says_how():
    code = "import sys; print('größer'); print('oh', file=sys.stderr); sys.exit(3)"
    ended = subprocesses.run([sys.executable, "-c", code], PATIENCE)
    assert (ended.code, ended.output.strip(), ended.error.strip()) == (3, "größer", "oh")


def test_one_that_takes_too_long_is_ended():
    ended = subprocesses.run([sys.executable, "-c", "import time; time.sleep(10000)"], 0.01)
    assert ended.code is None and ended.output == ""


def test_nothing_of_blenders_own_python_reaches_a_child(monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
        monkeypatch.setenv(name, "/blender")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    found = subprocesses.environment(MORE="1")
    assert "PYTHONPATH" not in found and "PYTHONHOME" not in found and "__PYVENV_LAUNCHER__" not in found
    assert found["HTTPS_PROXY"] == "http://proxy:1"
    assert found["MORE"] == found["PYTHONNOUSERSITE"] == found["PYTHONUTF8"] == "1"


def test_what_a_child_says_goes_into_the_log(tmp_path):
    with open(tmp_path / "log", "wb") as log:
        code = "import sys; print('one', flush=True); print('two', file=sys.stderr)"
        child = subprocesses.start_logged([sys.executable, "-c", code], log)
        assert child.wait(PATIENCE) == 0
    assert (tmp_path / "log").read_text().split() == ["one", "two"]


def test_a_program_that_is_not_there_is_an_oserror(tmp_path):
    with pytest.raises(OSError):
        subprocesses.start([tmp_path / "nothing"])


@posix
def test_a_child_is_in_a_group_of_its_own_and_asked_to_end_at_first():
    child = started(WAITS)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    subprocesses.kill(child, PATIENCE)
    assert child.returncode < 0 and not exists(child.pid)
    child.stdout.close()


@posix
def test_one_that_does_not_listen_is_ended_with_all_that_it_started():
    deaf = "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code = (
        f"{deaf}other = subprocess.Popen([sys.executable, '-c', {deaf + WAITS!r}], stdout=subprocess.PIPE)\n"
        "other.stdout.readline()\nprint(other.pid, flush=True)\ntime.sleep(10000)"
    )
    child = subprocesses.start([sys.executable, "-c", code], stdout=subprocess.PIPE)
    other = int(child.stdout.readline())
    subprocesses.kill(child, 0.05)
    until(lambda: child.poll() is not None and not running(other))
    child.stdout.close()


def running(pid: int) -> bool:
    """Whether a process that nobody may reap still runs."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")
