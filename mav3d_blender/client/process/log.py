"""The engine's log: what it prints, and lines of its output that are no messages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

TAIL_BYTES = 2**16


class EngineLog:
    """A new file at `path`; the one before is renamed to `path`.1. Raises OSError where it can't be written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(path, path.with_name(path.name + ".1"))
        except OSError:
            pass  # there is none yet; or, on Windows, another Blender's engine writes to it, and both do from now on
        self.file: BinaryIO = open(path, "ab", buffering=0)
        # By handle and not by path, which another Blender may have given to its own log since.
        self._source: BinaryIO | None = open(path, "rb", buffering=0)
        self._begin = self._source.seek(0, os.SEEK_END)
        self._last = ""

    def note(self, text: str) -> None:
        """Adds a line of the add-on's. A full disk is ignored, so that messages are still read."""
        try:
            self.file.write(f"[mav3d] {text}\n".encode("utf-8", "backslashreplace"))
        except (OSError, ValueError):
            pass  # closed meanwhile

    def tail(self, lines: int) -> list[str]:
        """The last `lines` lines in the last TAIL_BYTES, also after `close`."""
        return self._read().splitlines()[-lines:]

    def close(self) -> None:
        """Closes the file; `tail` still works."""
        self._last = self._read()
        self.file.close()
        if self._source is not None:
            self._source.close()
            self._source = None

    def _read(self) -> str:
        if self._source is None:
            return self._last
        try:
            end = self._source.seek(0, os.SEEK_END)
            self._source.seek(max(self._begin, end - TAIL_BYTES))
            return self._source.read(TAIL_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""
