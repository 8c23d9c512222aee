"""Checks a model's folder without loading it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from engine.contract.errors import ModelError
from engine.models.hub.store import RECORD, read_record
from engine.models.layout import VOCABULARIES, Component, components, read_header, read_object, weights


def check_model(folder: Path, hashes: bool = False) -> list[str]:
    """What is wrong with the model in `folder`, a sentence each; none where it is whole.

    hashes: also reads every file that fetched.json tells of and compares its SHA-256, which takes a while.
    """
    try:
        parts = components(folder)
    except ModelError as error:
        return [str(error)]
    found = [sentence for part in parts for sentence in check_component(folder / part.folder, part)]
    if (folder / RECORD).is_file():
        found += _against_record(folder, hashes)
    # A damaged file may show in more than one way.
    return list(dict.fromkeys(found))


def check_component(folder: Path, component: Component) -> list[str]:
    """The same for one component, in a folder of its own."""
    if not folder.is_dir():
        return [f"The model's component {folder} is missing. Fetch or copy the model again."]
    return [str(error) for error in _faults(folder, component)]


def _faults(folder: Path, component: Component) -> Iterator[ModelError | str]:
    if component.kind == "tokenizer" and not any(all((folder / name).is_file() for name in names) for names in VOCABULARIES):
        # Such a tokenizer would load, and know no word.
        yield f"The tokenizer {folder} holds no whole vocabulary. Fetch or copy the model again."
    if component.config:
        if not (folder / component.config).is_file():
            yield f"{folder / component.config} is missing. Fetch or copy the model again."
        else:
            try:
                read_object(folder / component.config)
            except ModelError as error:
                yield error
    if component.kind != "network":
        return
    try:
        files = weights(folder, component)[1]
    except ModelError as error:
        yield error
        return
    for path in files:
        if not path.is_file():
            yield f"{path} is missing. Fetch or copy the model again."
            continue
        try:
            read_header(path)
        except ModelError as error:
            yield f"The model's component {folder} can't be read: {error}"


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


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
