"""Why the engine ended, in one sentence, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

KILLED = (-9, 137)
CRASHED = (-11, -7, -6, -4, 139, 0xC0000005, 0xC0000409, -1073741819, -1073740791)
FROM_OUTSIDE = (-15, -2, -1, 130, 143, 0xC000013A, 0x40010004, -1073741510)
LONGEST = 200
INSTALL = "Open the preferences of MAV3D and install the engine."
AGAIN = "Install the engine again in the preferences of MAV3D."
MEMORY = "Choose a lower quality, or close other programs."
LOG = "Look at the engine's log."


@dataclass(frozen=True)
class End:
    reason: str
    advice: str = ""


# What the last lines of the log say, the surest first.
_KNOWN: tuple[tuple[str, End], ...] = (
    (r"CUDA out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY", End("The graphics card's memory ran out.", MEMORY)),
    (r"MemoryError|Cannot allocate memory|bad_alloc|paging file is too small", End("The memory ran out.", MEMORY)),
    (r"No space left on device|Errno 28\b|WinError 112\b", End("The disk is full.", "Make room, then go on.")),
    (r"No module named '?engine\b", End("The engine's own files are missing.", "Install the MAV3D extension again.")),
    (r"CUDA driver|CUDA error|no kernel image|Torch not compiled with CUDA|cudaGetDeviceCount|No CUDA GPUs",
     End("The graphics card can't be used.", "Choose the CPU in the preferences of MAV3D, or update the driver.")),
    (r"DLL load failed|cannot open shared object|WinError 126\b|WinError 1114\b|Library not loaded|undefined symbol",
     End("A library of the engine can't be loaded.", AGAIN)),
    (r"^\s*(?:SyntaxError|AttributeError: module .* has no attribute|ImportError: cannot import name)",
     End("The engine does not fit this Python.", AGAIN)),
)  # fmt: skip


def explain(code: int | None, log: list[str], began: bool) -> End:
    """Why it ended. code: its exit status, negative where a signal ended it; log: its last lines; began: whether it had
    opened with `hello`."""
    text = "\n".join(log)
    missing = re.search(r"No module named '?([\w.]+)", text)
    if missing and missing.group(1).split(".")[0] != "engine":
        return End(f"The engine is not installed in this Python, which has no module {missing.group(1)!r}.", INSTALL)
    for pattern, end in _KNOWN:
        if re.search(pattern, text, re.MULTILINE):
            return end
    if code in KILLED:
        return End("The system ended the engine, most often for want of memory.", MEMORY)
    if code in CRASHED:
        return End(f"The engine crashed (exit status {code}).", LOG)
    if code in FROM_OUTSIDE:
        return End("The engine was ended from outside.")
    said = next((line.strip() for line in reversed(log) if line.strip() and not line.startswith("[mav3d]")), "")
    status = f"exit status {code}" if code is not None else "no exit status"
    when = " unexpectedly" if began else " before it was ready"
    return End(f"The engine ended{when} ({said[:LONGEST] or status}).", LOG)


def not_started(error: OSError, python: str, folder_exists: bool) -> End:
    """Why it could not even be started."""
    if not folder_exists:
        return End("The engine's folder is missing.", "Install the MAV3D extension again.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return End(f"There is no Python at {python}.", "Choose another, or install the engine, in the preferences of MAV3D.")
    if isinstance(error, PermissionError):
        return End(f"{python} may not be run.", "Choose another Python in the preferences of MAV3D.")
    return End(f"{python} can't be started ({error.strerror or error}).", INSTALL)
