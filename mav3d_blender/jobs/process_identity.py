"""Which Blender a job belongs to, and whether that one still runs. Standard library only."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

STILL_ACTIVE, ACCESS_DENIED, QUERY_LIMITED = 259, 5, 0x1000


@dataclass(frozen=True)
class Owner:
    """A process. host: where its number counts. started: when it began, in the system's own terms; tells it from a later
    process of the same number; empty where that is not known."""

    pid: int
    host: str
    started: str

    def alive(self) -> bool | None:
        """Whether it still runs; None where that can't be seen from here."""
        if self.host != host():
            return None
        if not _exists(self.pid):
            return False
        return not self.started or start_stamp(self.pid) in ("", self.started)


def this_process() -> Owner:
    return Owner(os.getpid(), host(), start_stamp(os.getpid()))


def host() -> str:
    """This machine and, where a sandbox numbers processes by itself, this sandbox."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def start_stamp(pid: int) -> str:
    """When a process began, as text to compare; empty where it can't be told."""
    if sys.platform == "win32":
        return _windows_start(pid)
    try:
        # The name, in brackets, may hold anything; the start is the 20th entry after it.
        return Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        command, plain = ["ps", "-o", "lstart=", "-p", str(pid)], {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.run(command, capture_output=True, text=True, timeout=2, env=plain, check=False).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _exists(pid: int) -> bool:
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _windows_exists(pid)
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
    _kernel.OpenProcess.restype = wintypes.HANDLE
    _kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    _kernel.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
    _kernel.GetProcessTimes.argtypes = (wintypes.HANDLE, *[ctypes.POINTER(wintypes.FILETIME)] * 4)

    def _windows_exists(pid: int) -> bool:
        handle = _kernel.OpenProcess(QUERY_LIMITED, False, pid)
        if not handle:
            return ctypes.get_last_error() == ACCESS_DENIED
        try:
            code = wintypes.DWORD()
            return not _kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value == STILL_ACTIVE
        finally:
            _kernel.CloseHandle(handle)

    def _windows_start(pid: int) -> str:
        handle = _kernel.OpenProcess(QUERY_LIMITED, False, pid)
        if not handle:
            return ""
        try:
            times = [wintypes.FILETIME() for _ in range(4)]
            if not _kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
                return ""
            return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)
        finally:
            _kernel.CloseHandle(handle)
