"""Files that are whole or not there: written aside, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to; what is there takes the place of `path` when the block ends.

    A block that raises leaves `path` as it was and nothing beside it. The file may be read by whoever the user's umask lets,
    whatever the library that writes it thinks. Raises OSError as writing and renaming do.
    """
    part = path.with_name(path.name + ".part")
    try:
        yield part
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text aside, then renames it. Raises OSError."""
    with written_aside(path) as part:
        part.write_text(text, "utf-8")


def _umask() -> int:
    """The process's mask for new files, which the system tells only when it is set."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
