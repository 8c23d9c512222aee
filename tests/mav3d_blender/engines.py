"""Fake engines for the tests, and waiting for events."""

import os
import sys
from pathlib import Path

from mav3d_blender.client.process.engine_process import EngineProcess

FAKE = Path(__file__).with_name("fake_engine.py")


def make_engine(folder: Path, *words: str, **options) -> EngineProcess:
    """A fake engine that is not started yet, with its log in `folder`."""
    return EngineProcess([sys.executable, "-u", str(FAKE), *words], folder, folder / "engine.log", **options)


def exists(pid: int) -> bool:
    """Whether a process runs, or has not been reaped."""
    if os.name == "nt":
        from mav3d_blender.jobs.process_identity import process_exists

        return process_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
