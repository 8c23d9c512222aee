"""Who works in a job folder: one process at a time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
    path, deadline = folder / NAME, time.monotonic() + patience
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = _take(path)
            break
        except BlockingIOError as error:
            if time.monotonic() >= deadline or give_up():
                raise BusyError(f"Another process works on the job in {folder}: wait until it has ended.") from error
            time.sleep(LOOK_EVERY)
        except OSError as error:
            if folder.is_dir() and os.access(folder, os.W_OK):
                print(f"{folder} can't be locked ({error}): let no other process work there.", file=sys.stderr)
            descriptor = None
            break
    try:
        yield
    finally:
        if descriptor is not None:
            _release(path, descriptor)


def _take(path: Path) -> int:
    """The descriptor that holds the lock. Raises BlockingIOError where another has it, OSError where there are no locks."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
            # Whoever had it before may have removed the file meanwhile.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _release(path: Path, descriptor: int) -> None:
    """Nothing of it is left where nobody works."""
    try:
        if sys.platform != "win32":
            os.unlink(path)
    except OSError:
        pass  # the folder has been removed
    os.close(descriptor)
    try:
        if sys.platform == "win32":
            os.unlink(path)
    except OSError:
        pass  # another has it by now


def _lock(descriptor: int) -> None:
    """Raises BlockingIOError at once where another holds it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
