"""Which process a job belongs to, and whether that process still runs. Standard library only."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

STILL_ACTIVE, ACCESS_DENIED, QUERY_LIMITED = 259, 5, 0x1000


@dataclass(frozen=True)
class ProcessIdentity:
    """host: the machine, or the sandbox, that numbers the process. started: its start time in the system's own format, which
    tells it from a later process with the same number; empty where that is not known."""

    pid: int
    host: str
    started: str

    def alive(self) -> bool | None:
        """Whether the process still runs; None where that can't be known from here."""
        if self.host != host_name():
            return None
        if not process_exists(self.pid):
            return False
        return not self.started or start_time(self.pid) in ("", self.started)


def current_process() -> ProcessIdentity:
    """The identity of this process."""
    return ProcessIdentity(os.getpid(), host_name(), start_time(os.getpid()))


def host_name() -> str:
    """The name of this machine and, where a sandbox numbers processes by itself, of this sandbox."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def start_time(pid: int) -> str:
    """The start time of a process as text to compare; empty where it is not known."""
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


def process_exists(pid: int) -> bool:
    """Whether there is a process with this number on this machine."""
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
