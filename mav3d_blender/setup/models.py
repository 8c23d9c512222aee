"""Whether the built-in models are there and whole, by their folders and the headers of their weights; nothing is loaded."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

BUILT_IN = Path(__file__).resolve().parents[2] / "engine" / "models" / "primitives"
ROLES = ("image", "video", "upscale")
WITHOUT_WEIGHTS = ("tokenizer", "scheduler")
MAX_HEADER = 100 * 2**20  # the format's own limit


def faults_of_models(folder: Path = BUILT_IN) -> tuple[str, list[str]]:
    """"ok", "missing" or "broken", and what is wrong with the models in `folder`, one phrase each."""
    absent = [role for role in ROLES if not (folder / role).is_dir()]
    if absent:
        return "missing", [f"{', '.join(absent)}: no such folder in {folder}"]
    faults = [f"{role}: {fault}" for role in ROLES for fault in _faults_of_model(folder / role)]
    return ("broken" if faults else "ok"), faults


def _faults_of_model(folder: Path) -> list[str]:
    try:
        index = json.loads((folder / "model_index.json").read_text("utf-8"))
        components = [name for name in index if not name.startswith("_")]
    except (OSError, ValueError, TypeError, AttributeError):
        return ["model_index.json is missing or damaged"]
    faults = [] if "unet" in components else ["model_index.json names no unet"]
    for name in components:
        component = folder / name
        if not component.is_dir():
            faults.append(f"{name} is missing")
        elif name not in WITHOUT_WEIGHTS:
            weights = sorted(component.glob("*.safetensors"))
            if not weights:
                faults.append(f"{name} holds no safetensors file")
            faults += [f"{name}/{path.name} {fault}" for path in weights if (fault := fault_of_weights(path))]
        elif not any(component.glob("*.json")):
            faults.append(f"{name} holds no settings")
    return faults


def fault_of_weights(path: Path) -> str:
    """What is wrong with a safetensors file, judged by its header and its size; "" where nothing is."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            start = file.read(8)
            if start.startswith(b"version "):
                return "is a Git LFS pointer, not the file itself"
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 0 < length <= min(MAX_HEADER, size):
                return "is damaged"
            header = json.loads(file.read(length))
        ends = [value["data_offsets"][1] for name, value in header.items() if name != "__metadata__"]
        if not ends:
            return "is empty"
        if 8 + length + max(ends) != size:
            return "is cut short" if 8 + length + max(ends) > size else "is damaged"
    except OSError as error:
        return f"can't be read ({error.strerror or error})"
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return "is damaged"
    return ""
