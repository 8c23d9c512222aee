"""Files by their hashes, so that what has travelled is what was sent; what is half there goes on where it was cut.

A file that travels is written beside its place, with PART added to its name, and gets its name when its hash is right.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PART = ".part"
_BLOCK = 2**20


@dataclass(frozen=True)
class FileState:
    """size: bytes. sha256: as hexadecimal digits."""

    size: int
    sha256: str


def file_state(path: Path) -> FileState:
    """Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return FileState(size, digest.hexdigest())


def list_files(folder: Path, patterns: Iterable[str]) -> dict[str, FileState]:
    """The files of a folder that the patterns mean, by their names from there, with /; a folder that one means with all in it.
    Links and what is half there are left out. Raises OSError."""
    found: dict[str, FileState] = {}
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            inside = sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]
            for each in inside:
                if each.is_file() and not each.is_symlink() and not each.name.endswith(PART):
                    found[each.relative_to(folder).as_posix()] = file_state(each)
    return found


def take_parts(folder: Path, wanted: dict[str, str]) -> dict[str, int]:
    """Gives their names to files that have come whole. wanted: by name from `folder`, the sha256 of each. Returns what is still
    missing, with the bytes that are there of it.

    A file that is there already is not missing. Raises OSError, and ValueError for a name that leaves the folder.
    """
    missing: dict[str, int] = {}
    for name, sha256 in wanted.items():
        path = inside(folder, name)
        part = path.with_name(path.name + PART)
        if path.is_file() and file_state(path).sha256 == sha256:
            part.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if part.is_file():
            state = file_state(part)
            if state.sha256 == sha256:
                os.replace(part, path)
                continue
            missing[name] = state.size
        else:
            missing[name] = 0
    return missing


def inside(folder: Path, name: str) -> Path:
    """The path of a name from `folder`. Raises ValueError for one that leaves it."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise ValueError(f"{name!r} is no name of a file in a folder")
    return folder.joinpath(*parts)
