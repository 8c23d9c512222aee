"""The end of a process that goes by itself, at a signal, or at nothing but a kill."""

import os
import signal
import subprocess
import sys

import pytest

from mav3d_blender.client.process.shutdown import Shutdown, send_interrupt
from tests.root import PATIENCE
from tests.waiting import until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
IGNORING = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(flush=True)\ntime.sleep(600)"
# A shell's background jobs ignore Ctrl-C, and what they start does too.
WAITING = (
    "import signal, sys, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nprint(flush=True)\nsys.stdin.read()\n"
    "time.sleep(600)"
)
LEAVING = "import sys\nprint(flush=True)\nsys.stdin.read()"


def started(code: str) -> subprocess.Popen:
    """A program in a group of its own that has begun."""
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "process_group": 0}
    process = subprocess.Popen([sys.executable, "-c", code], **options)
    process.stdout.readline()
    return process


@pytest.mark.parametrize(
    ("code", "grace_s", "status"), [(LEAVING, 600.0, 0), (WAITING, 0.0, -signal.SIGINT), (IGNORING, 0.0, -signal.SIGKILL)]
)
def test_each_process_ends_by_the_gentlest_way_that_works(code, grace_s, status):
    process = started(code)
    process.stdin.close()
    shutdown = Shutdown(process, grace_s)
    shutdown.join(PATIENCE)
    assert not shutdown.alive and process.returncode in (status, 1 if status == -signal.SIGINT else status)
    process.stdout.close()


def test_the_signal_can_be_moved_forward_and_not_back():
    process = started(WAITING)
    shutdown = Shutdown(process, 600.0)
    shutdown.within(3600.0)
    assert shutdown.alive and process.poll() is None
    shutdown.within(0.0)
    until(lambda: not shutdown.alive)
    assert process.poll() is not None
    send_interrupt(process)
    process.stdin.close()
    process.stdout.close()
