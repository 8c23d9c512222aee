"""Where a model comes from: a folder in diffusers' layout, or an id of the Hugging Face hub that is on this machine."""

from __future__ import annotations

from pathlib import Path

from engine.contract.errors import ModelError, NotFetchedError
from engine.models.catalogue import canonical, instead, listed
from engine.models.hub.ids import source_text, split_source
from engine.models.hub.local import find
from engine.models.presets import Preset


def locate(source: str) -> Path:
    """The folder of `source`: a folder's path, or `owner/name` or `owner/name@revision` of the hub. Never asks the network.

    Raises ModelError with one sentence where there is no such thing, NotFetchedError where it has to be fetched first.
    """
    folder = Path(source).expanduser()
    if source and folder.is_dir():
        return folder
    parts = split_source(source)
    if parts is None:
        raise ModelError(
            f"There is no model folder {source!r}: give a folder in diffusers' layout, or an id of the Hugging Face hub "
            "(owner/name or owner/name@revision)."
        )
    name, revision = canonical(parts[0]), parts[1]
    if found := find(name, revision):
        return found.folder
    asked = source_text(name, revision)
    model = listed(name)
    if model and model.removed:
        raise ModelError(f"{asked} is gone from the Hugging Face hub: {instead(name)}.")
    where = "" if model else ", neither as a folder nor fetched"
    raise NotFetchedError(f"{asked} is not on this machine{where}{about(name)}.", asked)


def model_names(preset: Preset) -> dict[str, str]:
    """The model of each role as jobs and assets name it: a hub id with its commit, or a folder's name without its place."""
    names = {}
    for role, source in preset.sources().items():
        if not source and preset.built_in:
            continue
        folder = Path(source).expanduser()
        parts = None if folder.is_dir() else split_source(source)
        if parts is None:
            names[role] = f"{preset.name}/{folder.name}" if preset.built_in else folder.name
            continue
        name = canonical(parts[0])
        found = find(name, parts[1])
        names[role] = f"{name}@{found.commit if found else parts[1]}"
    return names


def about(name: str) -> str:
    """A remark in brackets on a model's size and licence; empty where the catalogue does not know it."""
    model = listed(name)
    if model is None:
        return ""
    parts = [f"about {model.download_gb:g} GB"] if model.download_gb else []
    parts += [f"license {model.licence}", *(["to be accepted on the hub first"] if model.gated else [])]
    return f" ({', '.join(parts)})"
