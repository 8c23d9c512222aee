"""The end of a child process and of all that it started, seen to in a thread."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

from ..setup import child

# How long is waited after a signal before it is killed.
AFTER_SIGNAL = 1.0
LOOK_EVERY = 0.02


class Ending:
    """Begins at once. `grace_s` seconds are for the process to end by itself; then a signal follows, and then a kill."""

    def __init__(self, process: subprocess.Popen[bytes], grace_s: float) -> None:
        self._process, self._signal_at = process, time.monotonic() + grace_s
        self._thread = threading.Thread(target=self._see_to_it, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether something of the process may be left."""
        return self._thread.is_alive()

    def within(self, grace_s: float) -> None:
        """Brings the signal forward to `grace_s` seconds from now; never puts it off."""
        self._signal_at = min(self._signal_at, time.monotonic() + grace_s)

    def join(self, seconds: float) -> None:
        """Waits for the end, but no longer than that: what waits for its disk or driver can't even be killed."""
        self._thread.join(seconds)

    def _see_to_it(self) -> None:
        while self._process.poll() is None and time.monotonic() < self._signal_at:
            time.sleep(LOOK_EVERY)
        if self._process.poll() is None:
            interrupt(self._process)
            until = time.monotonic() + AFTER_SIGNAL
            while self._process.poll() is None and time.monotonic() < until:
                time.sleep(LOOK_EVERY)
        _kill_all(self._process)


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Asks the process by a signal to end."""
    try:
        # Windows passes it on only to a child that shares Blender's console; where it does not, the kill follows.
        process.send_signal(signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGINT)
    except (OSError, ValueError):
        pass  # it has ended already


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of it and of all it started, at once."""
    if os.name == "nt":
        if process.poll() is None:
            child.kill(process)
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left
    process.wait()
