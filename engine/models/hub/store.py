"""Models in a folder of our own, beside the hub's cache: those with weights that had to be converted, and those that an
earlier version of the engine fetched.

Each is a folder owner--name@revision in diffusers' layout with a record, fetched.json. A converted one is of one commit, and
what was not converted in it are links into the cache.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from engine.contract.errors import ModelError
from engine.files import replace_folder, write_text
from engine.models.hub.ids import MAIN

RECORD = "fetched.json"
PARTIAL, REPLACED = ".partial", ".replaced"


@dataclass(frozen=True)
class File:
    """A file of a model as it is on disk. size: bytes."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """What was fetched: id and revision as asked for, the commit that was, the licence as the hub names it, files by name."""

    id: str
    revision: str
    commit: str
    licence: str
    files: dict[str, File]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files.values())


def store_folder() -> Path:
    """The environment's MAV3D_MODELS, or a folder among the user's caches."""
    if given := os.environ.get("MAV3D_MODELS"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "mav3d" / "models"


def folder_of(name: str, revision: str = MAIN) -> Path:
    """Where the model of an id is, or would be."""
    return store_folder() / f"{name.replace('/', '--')}@{quote(revision, safe='')}"


def parts_of(folder: Path) -> tuple[str, str]:
    """The id and the revision that a folder is named by."""
    name, _, revision = folder.name.removesuffix(PARTIAL).partition("@")
    return name.replace("--", "/", 1), unquote(revision)


def stored() -> list[Path]:
    """The folders of all models here, by name."""
    try:
        folders = [path.parent for path in store_folder().glob(f"*@*/{RECORD}")]
        return sorted(folder for folder in folders if folder.suffix not in (PARTIAL, REPLACED))
    except OSError:
        return []


def partial() -> list[Path]:
    """The folders of models that were never finished."""
    try:
        return sorted(path for path in store_folder().glob(f"*@*{PARTIAL}") if path.is_dir())
    except OSError:
        return []


def write_record(folder: Path, record: Record) -> None:
    write_text(folder / RECORD, json.dumps(asdict(record), indent=1))


def read_record(folder: Path) -> Record:
    """What fetched.json in `folder` tells. Raises ModelError where it is damaged."""
    try:
        value = json.loads((folder / RECORD).read_text("utf-8"))
        files = {name: File(int(file["size"]), str(file["sha256"])) for name, file in value.pop("files").items()}
        return Record(**{name: str(value[name]) for name in ("id", "revision", "commit", "licence")}, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / RECORD} is damaged ({error}). Fetch the model again.") from error


def size_on_disk(folder: Path) -> int:
    """Bytes in a folder's files, and in those that are linked there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def put_in_place(part: Path, folder: Path) -> None:
    """Gives a finished folder its name, which another may have had until now."""
    replace_folder(part, folder, folder.with_name(folder.name + REPLACED))


def remove(folder: Path) -> int:
    """Deletes a model here, and what was begun of it; returns the bytes, less those that were links. Raises OSError."""
    aside = folder.with_name(folder.name + PARTIAL)
    size = 0
    for each in (aside, folder):
        if each.is_dir():
            size += sum(path.stat().st_size for path in each.rglob("*") if path.is_file() and not path.is_symlink())
            if each == folder:
                # Never half a model under its own name.
                folder.replace(aside)
            shutil.rmtree(aside)
    return size
