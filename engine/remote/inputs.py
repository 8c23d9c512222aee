"""Which files a job needs from this computer, and its request with their paths on the other one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from ..contract.errors import TransferError
from ..contract.request import INPUT
from ..contract.track import MATERIALS

# What the engine reads of a job folder to go on with it.
JOB_FILES = ("job.json", "job.*.json", "state.safetensors", "state.previous.safetensors", "events.jsonl",
             "reference.*", "given_mesh.*", "texts")  # fmt: skip
# Of a text file, what is looked through for names.
MAX_TEXT = 64 * 2**20


def with_inputs(message: dict[str, Any], folder: str) -> tuple[dict[str, Any], dict[str, Path]]:
    """A message that asks for something, as the engine on the host takes it, and the files by their names in `folder`, which is
    the job's there. Raises TransferError for a file that is missing."""
    request = dict(message.get("request") or {})
    files: dict[str, Path] = {}
    for key in ("image", "bones"):
        if isinstance(request.get(key), str):
            path = _file(request[key])
            files[f"{INPUT}/{path.name}"] = path
            request[key] = f"{folder}/{INPUT}/{path.name}"
    if isinstance(request.get("mesh"), str):
        path = _file(request["mesh"])
        files |= _beneath(path.parent, [path, *companions(path)])
        request["mesh"] = f"{folder}/{INPUT}/{path.name}"
    if isinstance(request.get("meshes"), list):
        top, paths = _meshes(request["meshes"])
        files |= _beneath(top, {each: None for path in paths for each in (path, *companions(path))})
        request["meshes"] = [f"{folder}/{INPUT}/{_name(top, path)}" for path in paths]
    if isinstance(request.get("asset"), str):
        asset = Path(request["asset"])
        files |= _beneath(asset, _inside(asset))
        request["asset"] = f"{folder}/{INPUT}"
    return (message | {"request": request} if "request" in message else dict(message)), files


def job_files(folder: Path) -> dict[str, Path]:
    """The files of a job folder that a run goes on from, by their names in it; none where there is no job."""
    if not (folder / "job.json").is_file():
        return {}
    found = {path for pattern in JOB_FILES for path in folder.glob(pattern)}
    paths = [each for path in found for each in (path.rglob("*") if path.is_dir() else [path]) if each.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in paths}


def companions(path: Path) -> list[Path]:
    """The files in a mesh's folder that it names: materials and pictures."""
    kind, folder, names = path.suffix.lower(), path.parent, []
    if kind == ".obj":
        for library in _named(path, r"^\s*mtllib\s+(.+?)\s*$"):
            names.append(library)
            # Options may stand before a picture's name.
            pictures = _named(folder / library, r"^\s*(?:map_\w+|bump|disp|decal|refl|norm)\s+(.+?)\s*$")
            names += [" ".join(words[at:]) for words in map(str.split, pictures) for at in range(len(words))]
    elif kind == ".ply":
        names = _named(path, r"^comment TextureFile (.+?)\s*$")
    elif kind == ".gltf":
        document = _json(path)
        entries = [each for key in ("buffers", "images") for each in document.get(key) or [] if isinstance(each, dict)]
        names = [unquote(each["uri"]) for each in entries if isinstance(each.get("uri"), str) and ":" not in each["uri"][:10]]
    elif kind == ".npz":
        materials = _json(folder / MATERIALS, [])
        pictures = [each.get("picture") for each in materials if isinstance(each, dict)] if isinstance(materials, list) else []
        names = [MATERIALS, *(each for each in pictures if isinstance(each, str))]
        names += [each.name for each in folder.glob("albedo*.png")]
    inside = [folder / name for name in dict.fromkeys(names) if ".." not in PurePosixPath(name).parts and name[:1] != "/"]
    return [each for each in inside if each.is_file()]


def _meshes(given: list[Any]) -> tuple[Path, list[Path]]:
    """The files that a sequence is given by, and the folder that they are all in."""
    paths: list[Path] = []
    for each in map(Path, given):
        paths += _inside(each) if each.is_dir() else [_file(each)]
    if not paths:
        raise TransferError("There are no mesh files to send.")
    return Path(os.path.commonpath([path.absolute().parent for path in paths])), paths


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise TransferError(f"The folder {folder} can't be read ({error.strerror or error}): choose another.") from error


def _beneath(top: Path, paths: Iterable[Path]) -> dict[str, Path]:
    return {f"{INPUT}/{_name(top, path)}": path for path in paths}


def _name(top: Path, path: Path) -> str:
    return path.absolute().relative_to(top.absolute()).as_posix()


def _file(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise TransferError(f"{path} is missing: give another file.")
    return Path(path)


def _named(path: Path, pattern: str) -> list[str]:
    """What a text file has in the lines that the pattern finds."""
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_TEXT).decode("utf-8", "surrogateescape")
    except OSError:
        return []
    return re.findall(pattern, text, re.MULTILINE)


def _json(path: Path, empty: Any = None) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {} if empty is None else empty
    return found if isinstance(found, type({} if empty is None else empty)) else ({} if empty is None else empty)
