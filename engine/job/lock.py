"""Who works in a job folder: one process at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engine.contract.errors import BusyError

NAME = ".lock"
LOOK_EVERY = 0.2


@contextmanager
def held(folder: Path, patience: float = 0.0, give_up: Callable[[], object] = lambda: False) -> Iterator[None]:
    """Holds `folder` against every other process, and every other holder in this one.

    The system lets go of it when this process ends, however it does; a copy of the folder is free. patience: seconds to wait
    for another that is about to leave, unless `give_up` says yes. Raises BusyError. Where a file system has no locks, or the
    folder can't be written to, nothing is held: the first is told on stderr, the second is for whoever writes there.
    """
    # A lock of a file's mere existence would outlive a process that was killed.
    lock_path = folder / NAME
    lock = FileLock(lock_path, fallback_to_soft=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=patience, poll_interval=LOOK_EVERY, cancel_check=lambda: bool(give_up()))
    except Timeout as error:
        raise BusyError(f"Another process works on the job in {folder}: wait until it has ended.") from error
    except OSError as error:
        if folder.is_dir() and os.access(folder, os.W_OK):
            print(f"{folder} can't be locked ({error}): let no other process work there.", file=sys.stderr)
    try:
        yield
    finally:
        if lock.is_locked:
            # Nothing of it is left where nobody works; whoever waits for this file sees that it is gone, and makes another.
            with suppress(OSError):
                lock_path.unlink()
        lock.release()
