"""Weights saved by torch, rewritten as safetensors; and the index of weights in several files."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from engine.contract.errors import ModelError
from engine.files import write_text, written_aside
from engine.models.folder.layout import read_header

_SHARD = re.compile(r"(?P<stem>\w+)-\d{5}-of-\d{5}\.safetensors")
# Where trainers put the weights among other things.
_WITHIN = ("state_dict", "model", "module")


def to_safetensors(source: Path, target: Path, origin: str = "") -> None:
    """Rewrites the tensors of a .bin, .pt or .ckpt file. No code in it is run: anything but numbers is refused, ModelError.

    origin: kept in the new file, for `converted_from`.
    """
    try:
        try:
            loaded = torch.load(source, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            # Files of torch's older format can't be mapped.
            loaded = torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(f"{source.name} holds more than numbers, and that is never run: use another model.") from error
    except (RuntimeError, ValueError, EOFError, OSError, KeyError, AttributeError) as error:
        raise ModelError(f"{source.name} can't be read ({_first_line(error)}): fetch the model again.") from error
    tensors = _tensors(loaded)
    if not tensors:
        raise ModelError(f"{source.name} holds no weights: use another model.")
    try:
        with written_aside(target) as part:
            save_file(tensors, part, {"format": "pt", "origin": origin})
    except SafetensorError as error:
        raise ModelError(f"{target.name} can't be written ({_first_line(error)}): make room, then fetch it again.") from error


def converted_from(path: Path) -> str | None:
    """The origin of a file that `to_safetensors` wrote; None where there is no such file."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("origin")
    except (OSError, SafetensorError):
        return None


def _tensors(loaded: Any) -> dict[str, torch.Tensor]:
    for name in _WITHIN:
        if isinstance(loaded, dict) and isinstance(loaded.get(name), dict):
            loaded = loaded[name]
    if not isinstance(loaded, dict):
        return {}
    tensors, seen = {}, set()
    for name, value in loaded.items():
        if isinstance(name, str) and isinstance(value, torch.Tensor):
            value = value.detach()
            storage = value.untyped_storage()
            # Safetensors does not hold one memory under two names, nor a view of a larger one.
            if storage.data_ptr() in seen or not value.is_contiguous() or storage.nbytes() != value.nbytes:
                value = value.clone(memory_format=torch.contiguous_format)
            seen.add(storage.data_ptr())
            tensors[name] = value
    return tensors


def write_index(folder: Path) -> None:
    """Writes the index of the weights in `folder` that lie in several files, from their own headers, if there are such."""
    shards = [match for match in map(_SHARD.fullmatch, sorted(path.name for path in folder.iterdir())) if match]
    if not shards:
        return
    headers = {match.string: read_header(folder / match.string) for match in shards}
    size = sum(entry["data_offsets"][1] - entry["data_offsets"][0] for header in headers.values() for entry in header.values())
    names = {tensor: name for name, header in headers.items() for tensor in header}
    index = {"metadata": {"total_size": size}, "weight_map": names}
    write_text(folder / f"{shards[0]['stem']}.safetensors.index.json", json.dumps(index, indent=1))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
