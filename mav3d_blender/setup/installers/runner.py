"""The programs that an installation runs, one after the other: what they print goes into a log and is read as progress."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from ...common import subprocesses
from ..packages.requirements import SetupError
from .pip_errors import explain

_TICK = 0.2
# pip asks an index that does not answer for every package anew; after so many questions it is ended.
_MAX_UNANSWERED = 3


class Cancelled(Exception):
    """It was asked to stop."""


class Failed(SetupError):
    """A program failed; the sentence says why. said: what it printed."""

    def __init__(self, said: str, code: int | None) -> None:
        super().__init__(explain(said, code))
        self.said = said


class Progress(Protocol):
    """What reads a program's lines and says how far it is, 0 to 1. unanswered: questions that nobody answered in the end, where
    the program goes on to others."""

    phase: str
    fraction: float
    unanswered: int

    def read(self, line: str) -> None: ...

    def look(self, temporary: Path, packages: Path) -> None: ...


class Runner:
    """log: an open file, at `path`. held: the lock's file descriptor. show: hears phase and fraction. cancel: set to stop."""

    def __init__(
        self, log: BinaryIO, path: Path, held: int, show: Callable[[str, float], None], cancel: threading.Event
    ) -> None:
        self.show = show
        self._log, self._path, self._held, self._cancel = log, path, held, cancel

    def say(self, text: str) -> None:
        """Writes a line of our own into the log."""
        self._log.write(f"{text}\n".encode())
        self._log.flush()

    def stop_if_cancelled(self) -> None:
        if self._cancel.is_set():
            raise Cancelled

    def run(
        self,
        arguments: list[str | Path],
        environ: dict[str, str],
        folder: Path,
        progress: Progress | None = None,
        temporary: Path = Path(),
        packages: Callable[[], Path] = Path,
        share: float = 1.0,
    ) -> None:
        """Runs a program in `folder` to its end. temporary, packages: what `progress` looks at. share: of the whole that its
        fraction is told as. Raises Failed where it fails, Cancelled where it was asked to stop."""
        self.stop_if_cancelled()
        start = self._log.seek(0, os.SEEK_END)
        # The lock stays held while it works, even where Blender has gone.
        options = {} if os.name == "nt" else {"pass_fds": (self._held,)}
        process = subprocesses.start_logged(arguments, self._log, env=environ, cwd=folder, **options)
        with open(self._path, encoding="utf-8", errors="replace") as reader:
            reader.seek(start)
            unread = ""
            while True:
                ended = process.poll() is not None
                *lines, unread = (unread + reader.read()).split("\n")
                if progress is not None:
                    for line in lines:
                        progress.read(line)
                    progress.look(temporary, packages())
                    self.show(progress.phase, progress.fraction * share)
                if ended:
                    break
                if self._cancel.wait(_TICK):
                    subprocesses.kill(process)
                    raise Cancelled
                if progress is not None and progress.unanswered >= _MAX_UNANSWERED:
                    subprocesses.kill(process)
                    raise Failed(self._path.read_text("utf-8", "replace"), None)
            reader.seek(start)
            said = reader.read()
        if process.returncode != 0:
            raise Failed(said, process.returncode)
