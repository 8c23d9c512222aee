"""Checks a model's folder without loading it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from engine.contract.errors import ModelError
from engine.models.folder.layout import VOCABULARIES, Component, components, read_header, read_object, weights
from engine.models.hub.store import RECORD, read_record

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def check_model(folder: Path, hashes: bool = False) -> list[str]:
    """What is wrong with the model in `folder`, a sentence each; none where it is whole.

    hashes: also reads every file whose hash is known, by fetched.json or by the hub's cache, which takes a while.
    """
    try:
        parts = components(folder)
    except ModelError as error:
        return [str(error)]
    found = [sentence for part in parts for sentence in check_component(folder / part.folder, part)]
    if (folder / RECORD).is_file():
        found += _against_record(folder, hashes)
    elif hashes:
        found += _against_cache(folder)
    # A damaged file may show in more than one way.
    return list(dict.fromkeys(found))


def check_component(folder: Path, component: Component) -> list[str]:
    """The same for one component, in a folder of its own."""
    if not folder.is_dir():
        return [f"The model's component {folder} is missing. Fetch or copy the model again."]
    return [*_missing(folder, component), *_damaged(folder, component)]


def is_whole(folder: Path) -> bool:
    """Whether every file is there that the model in `folder` needs; what is in them is for `check_model`."""
    try:
        parts = components(folder)
    except ModelError:
        return False
    return not any(next(_missing(folder / part.folder, part), None) for part in parts)


def _missing(folder: Path, component: Component) -> Iterator[str]:
    if component.kind == "tokenizer" and not any(all((folder / name).is_file() for name in names) for names in VOCABULARIES):
        # Such a tokenizer would load, and know no word.
        yield f"The tokenizer {folder} holds no whole vocabulary. Fetch or copy the model again."
    if component.config and not (folder / component.config).is_file():
        yield f"{folder / component.config} is missing. Fetch or copy the model again."
    if component.kind == "network":
        try:
            yield from (f"{path} is missing. Fetch or copy the model again." for path in _weights(folder, component, False))
        except ModelError as error:
            yield str(error)


def _damaged(folder: Path, component: Component) -> Iterator[str]:
    """What is wrong with the files that are there."""
    if component.config and (folder / component.config).is_file():
        try:
            read_object(folder / component.config)
        except ModelError as error:
            yield str(error)
    if component.kind != "network":
        return
    try:
        there = _weights(folder, component, True)
    except ModelError:
        return
    for path in there:
        try:
            read_header(path)
        except ModelError as error:
            yield f"The model's component {folder} can't be read: {error}"


def _weights(folder: Path, component: Component, there: bool) -> list[Path]:
    """The files of weights that are there, or that are not."""
    return [path for path in weights(folder, component)[1] if path.is_file() == there]


def _against_record(folder: Path, hashes: bool) -> Iterator[str]:
    try:
        files = read_record(folder).files
    except ModelError as error:
        yield str(error)
        return
    for name, file in files.items():
        path = folder / name
        if not path.is_file():
            yield f"{path} is missing. Fetch the model again."
        elif path.stat().st_size != file.size:
            yield f"{path} has {path.stat().st_size} bytes, but had {file.size} when it was fetched. Fetch the model again."
        elif hashes and sha256(path) != file.sha256:
            yield f"{path} is not what was fetched (its SHA-256 differs). Fetch the model again."


def _against_cache(folder: Path) -> Iterator[str]:
    """The hub's cache names content by its hash; where the system has no links, it does not."""
    for path in sorted(path for path in folder.rglob("*") if path.is_symlink() and path.is_file()):
        known = Path(os.readlink(path)).name
        if _HASH.fullmatch(known) and content_hash(path, known) != known:
            yield f"{path} is not what was fetched (its hash differs). Remove the model and fetch it again."


def content_hash(path: Path, like: str) -> str:
    """The hash of a file, in hexadecimal, of the kind that `like` is: SHA-256, or git's own, which has 40 digits."""
    if len(like) == 64:
        return sha256(path)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
