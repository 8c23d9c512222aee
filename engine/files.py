"""Files that are whole or not there: written aside, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path, part: Path | None = None) -> Iterator[Path]:
    """Gives a path beside `path` to write to; what is there takes the place of `path` when the block ends.

    part: that path, where a library goes by a name's ending or several processes write; usually `path` with .part added. A
    block that raises leaves `path` as it was and nothing beside it. The file may be read by whoever the user's umask lets,
    whatever the library that writes it thinks. Raises OSError as writing and renaming do.
    """
    part = part or path.with_name(path.name + ".part")
    try:
        yield part
        apply_umask(part)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text aside, then renames it. Raises OSError."""
    with written_aside(path) as part:
        part.write_text(text, "utf-8")


def replace_folder(part: Path, folder: Path, old: Path) -> None:
    """Gives the finished folder `part` the name `folder`; what had it goes by way of `old`. Raises OSError."""
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    part.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def apply_umask(path: Path) -> None:
    """Lets a file, or all files in a folder, be read by whoever the user's umask lets: some libraries make files that only the
    user can read."""
    mode = 0o666 & ~_umask()
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file() and not file.is_symlink():
            os.chmod(file, mode)


def _umask() -> int:
    """The process's mask for new files, which the system tells only when it is set."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
