"""Files that are never seen half written. Standard library only."""

from __future__ import annotations

import os
import time
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Writes UTF-8 text to a file beside `path` and renames it. Raises OSError, and removes the file beside `path` then."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, "utf-8")
        replace_file(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def replace_file(part: Path, path: Path) -> None:
    """Gives the finished file `part` the name `path`, whatever had it. Raises OSError."""
    # Windows lets no file be replaced while another process reads it, which takes a moment.
    for _ in range(3 if os.name == "nt" else 0):
        try:
            os.replace(part, path)
            return
        except PermissionError:
            time.sleep(0.01)
    os.replace(part, path)
