"""Why the engine's process ended, in one sentence, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

KILLED = (-9, 137)
CRASHED = (-11, -7, -6, -4, 139, 0xC0000005, 0xC0000409, -1073741819, -1073740791)
TERMINATED = (-15, -2, -1, 130, 143, 0xC000013A, 0x40010004, -1073741510)
MAX_QUOTE = 200
INSTALL = "Open the preferences of MAV3D and install the engine."
AGAIN = "Install the engine again in the preferences of MAV3D."
MEMORY = "Choose a lower quality, or close other programs."
CHOOSE_PYTHON = "Choose another, or install the engine, in the preferences of MAV3D."
LOG = "Look at the engine's log."


@dataclass(frozen=True)
class ExitReason:
    """A sentence each."""

    reason: str
    advice: str = ""


# Patterns in the last lines of the log, the surest first.
_KNOWN: tuple[tuple[str, ExitReason], ...] = (
    (r"CUDA out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY",
     ExitReason("The graphics card's memory ran out.", MEMORY)),
    (r"MemoryError|Cannot allocate memory|bad_alloc|paging file is too small", ExitReason("The memory ran out.", MEMORY)),
    (r"No space left on device|Errno 28\b|WinError 112\b", ExitReason("The disk is full.", "Make room, then go on.")),
    (r"No module named '?engine\b", ExitReason("The engine's own files are missing.", "Install the MAV3D extension again.")),
    (r"CUDA driver|CUDA error|no kernel image|Torch not compiled with CUDA|cudaGetDeviceCount|No CUDA GPUs",
     ExitReason("The graphics card can't be used.", "Choose the CPU in the preferences of MAV3D, or update the driver.")),
    (r"DLL load failed|cannot open shared object|WinError 126\b|WinError 1114\b|Library not loaded|undefined symbol",
     ExitReason("A library of the engine can't be loaded.", AGAIN)),
    (r"^\s*(?:SyntaxError|AttributeError: module .* has no attribute|ImportError: cannot import name)",
     ExitReason("The engine does not fit this Python.", AGAIN)),
)  # fmt: skip


def explain_exit(code: int | None, log: list[str], was_ready: bool) -> ExitReason:
    """Why the process ended. code: its exit status, negative where a signal ended it. log: its last lines. was_ready: whether
    it had sent `hello`."""
    text = "\n".join(log)
    missing = re.search(r"No module named '?([\w.]+)", text)
    if missing and missing.group(1).split(".")[0] != "engine":
        return ExitReason(f"The engine is not installed in this Python, which has no module {missing.group(1)!r}.", INSTALL)
    for pattern, end in _KNOWN:
        if re.search(pattern, text, re.MULTILINE):
            return end
    if code in KILLED:
        return ExitReason("The system ended the engine, most often for want of memory.", MEMORY)
    if code in CRASHED:
        return ExitReason(f"The engine crashed (exit status {code}).", LOG)
    if code in TERMINATED:
        return ExitReason("The engine was ended from outside.")
    last_line = next((line.strip() for line in reversed(log) if line.strip() and not line.startswith("[mav3d]")), "")
    status = f"exit status {code}" if code is not None else "no exit status"
    when = " unexpectedly" if was_ready else " before it was ready"
    return ExitReason(f"The engine ended{when} ({last_line[:MAX_QUOTE] or status}).", LOG)


def explain_start_failure(error: OSError, python: str, folder_exists: bool) -> ExitReason:
    """Why the process could not be started."""
    if not folder_exists:
        return ExitReason("The engine's folder is missing.", "Install the MAV3D extension again.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ExitReason(f"There is no Python at {python}.", CHOOSE_PYTHON)
    if isinstance(error, PermissionError):
        return ExitReason(f"{python} is not allowed to run.", "Choose another Python in the preferences of MAV3D.")
    return ExitReason(f"{python} can't be started ({error.strerror or error}).", INSTALL)
