"""Child processes: started without a window in a group of their own, with an environment that is not Blender's."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

GRACE = 3.0


@dataclass(frozen=True)
class Ended:
    """How a child ended. code: None if it ran past its time limit."""

    code: int | None
    output: str
    error: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child, with `changes`: Blender's, without what is meant for Blender's own Python. Proxies and pip's
    settings stay: they are the user's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }
    return kept | {"PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"} | changes


def start(arguments: list[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a child in a group of its own. Raises OSError where it can't be started."""
    if os.name == "nt":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        options["creationflags"] = flags
    else:
        # No session: Linux shares the processor out by session first, and across sessions a lower priority counts for nothing.
        options["process_group"] = 0
    options = {"stdin": subprocess.DEVNULL, "env": environment()} | options
    child = subprocess.Popen([os.fspath(argument) for argument in arguments], **options)
    if os.name != "nt":
        try:
            os.setpriority(os.PRIO_PGRP, child.pid, 10)
        except OSError:
            pass  # it has ended already
    return child


def start_logged(arguments: list[str | Path], log: IO[bytes], **options: Any) -> subprocess.Popen[bytes]:
    """Starts a child that writes all it says to the open file `log`, which it keeps if Blender goes away."""
    return start(arguments, stdout=log, stderr=subprocess.STDOUT, **options)


def run(arguments: list[str | Path], time_limit: float) -> Ended:
    """Runs a child to its end, for at most `time_limit` seconds. Raises OSError where it can't be started."""
    child = start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, error = child.communicate(timeout=time_limit)
        code: int | None = child.returncode
    except subprocess.TimeoutExpired:
        kill(child)
        code = None
        try:
            output, error = child.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:  # a grandchild that left the group still holds the pipes
            output, error = b"", b""
    return Ended(code, output.decode("utf-8", "replace"), error.decode("utf-8", "replace"))


def kill(child: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Ends `child` and all that it started; waits at most twice `grace` seconds."""
    if os.name == "nt":
        # Only taskkill reaches the children of a child.
        arguments = ["taskkill", "/PID", str(child.pid), "/T", "/F"]
        subprocess.run(arguments, capture_output=True, creationflags=subprocess.CREATE_NO_WINDOW, check=False)
        _wait(child, grace)
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # nobody is left in the group
        if _wait(child, grace) and number == signal.SIGTERM and not _group_alive(child.pid):
            return


def _wait(child: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
