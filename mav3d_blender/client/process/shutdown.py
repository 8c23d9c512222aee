"""Ends a child process and all that it started, in a thread."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

from ...common import subprocesses

# From the signal to the kill.
AFTER_SIGNAL_S = 1.0
POLL_S = 0.02


class Shutdown:
    """Starts at once. The process has `grace_s` seconds to end by itself; then a signal follows, and then a kill."""

    def __init__(self, process: subprocess.Popen[bytes], grace_s: float) -> None:
        self._process, self._signal_at = process, time.monotonic() + grace_s
        self._thread = threading.Thread(target=self._end, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether something of the process may still run."""
        return self._thread.is_alive()

    def within(self, grace_s: float) -> None:
        """Moves the signal forward to `grace_s` seconds from now; never back."""
        self._signal_at = min(self._signal_at, time.monotonic() + grace_s)

    def join(self, seconds: float) -> None:
        """Waits for the end, at most `seconds`: a process that waits for a disk or a driver can't be killed."""
        self._thread.join(seconds)

    def _end(self) -> None:
        while self._process.poll() is None and time.monotonic() < self._signal_at:
            time.sleep(POLL_S)
        if self._process.poll() is None:
            send_interrupt(self._process)
            until = time.monotonic() + AFTER_SIGNAL_S
            while self._process.poll() is None and time.monotonic() < until:
                time.sleep(POLL_S)
        _kill_all(self._process)


def send_interrupt(process: subprocess.Popen[bytes]) -> None:
    """Asks the process by a signal to end; one that has ended is ignored."""
    try:
        # Windows passes it on only to a child that shares Blender's console; where it does not, the kill follows.
        process.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
    except (OSError, ValueError):
        pass  # it has ended already


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the process and of all it started."""
    if os.name == "nt":
        if process.poll() is None:
            subprocesses.kill(process)
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left
    process.wait()
