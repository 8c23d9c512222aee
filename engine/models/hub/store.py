"""Where fetched models live: a folder for each, with a record of what was fetched."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from engine.contract.errors import ModelError

RECORD = "fetched.json"
MAIN = "main"
PARTIAL, REPLACED = ".partial", ".replaced"
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[\w.][\w./-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class File:
    """A fetched file as it is on disk. size: bytes."""

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


def models_folder() -> Path:
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


def split_source(source: str) -> tuple[str, str] | None:
    """The id and the revision in `owner/name` or `owner/name@revision`; None where it is neither."""
    name, mark, revision = source.partition("@")
    if not _ID.fullmatch(name) or ".." in source or "--" in name or (mark and not _REVISION.fullmatch(revision)):
        return None
    return name, revision or MAIN


def folder_of(name: str, revision: str = MAIN) -> Path:
    """Where the model of an id is, or would be."""
    return models_folder() / f"{name.replace('/', '--')}@{quote(revision, safe='')}"


def find(name: str, revision: str = MAIN) -> Path | None:
    """The folder of a fetched model; a revision may also be the commit, or its beginning, of one fetched by another name."""
    folder = folder_of(name, revision)
    if (folder / RECORD).is_file():
        return folder
    if _COMMIT.fullmatch(revision):
        for other in fetched():
            if other.name.startswith(f"{name.replace('/', '--')}@") and read_record(other).commit.startswith(revision):
                return other
    return None


def fetched() -> list[Path]:
    """The folders of all models that were fetched, by name."""
    try:
        folders = [path.parent for path in models_folder().glob(f"*@*/{RECORD}")]
        return sorted(folder for folder in folders if folder.suffix not in (PARTIAL, REPLACED))
    except OSError:
        return []


def partial() -> list[Path]:
    """The folders of downloads that broke off."""
    try:
        return sorted(path for path in models_folder().glob(f"*@*{PARTIAL}") if path.is_dir())
    except OSError:
        return []


def source_of(folder: Path) -> str:
    """`owner/name@revision`, without the revision where it is the usual one."""
    name, _, revision = folder.name.removesuffix(PARTIAL).partition("@")
    name = name.replace("--", "/", 1)
    return name if revision == MAIN else f"{name}@{unquote(revision)}"


def write_record(folder: Path, record: Record) -> None:
    (folder / RECORD).write_text(json.dumps(asdict(record), indent=1), "utf-8")


def read_record(folder: Path) -> Record:
    """What fetched.json in `folder` tells. Raises ModelError where it is damaged."""
    try:
        value = json.loads((folder / RECORD).read_text("utf-8"))
        files = {name: File(int(file["size"]), str(file["sha256"])) for name, file in value.pop("files").items()}
        return Record(**{name: str(value[name]) for name in ("id", "revision", "commit", "licence")}, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / RECORD} is damaged ({error}). Fetch the model again.") from error


def size_on_disk(folder: Path) -> int:
    """Bytes in a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def remove(name: str, revision: str = MAIN) -> int:
    """Deletes a fetched model, or what a download of it left; returns the bytes. Raises ModelError where there is neither."""
    folder = find(name, revision) or folder_of(name, revision)
    aside = folder.with_name(folder.name + PARTIAL)
    if not folder.is_dir() and not aside.is_dir():
        raise ModelError(f"{source_of(folder)} is not on this machine: there is nothing to remove.")
    try:
        size = 0
        if aside.is_dir():
            size += size_on_disk(aside)
            shutil.rmtree(aside)
        if folder.is_dir():
            size += size_on_disk(folder)
            # Never half a model under its own name.
            folder.replace(aside)
            shutil.rmtree(aside)
    except OSError as error:
        raise ModelError(f"{folder} can't be removed ({error.strerror or error}): end what uses it, then try again.") from error
    return size
