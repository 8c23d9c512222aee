"""Loads the components of a diffusion model from a folder in diffusers' layout, whatever made it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from engine.errors import ModelError

# What model_index.json may name; nothing else is ever imported on a model's word.
LIBRARIES = ("diffusers", "transformers", "engine.models.pose_encoder", "engine.models.motion_encoder")


def load_components(folder: Path, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Every component that `folder`/model_index.json names, by name, in evaluation mode.

    Weights are read from safetensors only. Raises ModelError with one sentence where something is missing, damaged or not
    allowed.
    """
    _be_quiet()
    index = _read_index(folder)
    components = {}
    for name, entry in index.items():
        if name.startswith("_"):
            continue
        if not (isinstance(entry, list) and len(entry) == 2 and entry[0] in LIBRARIES):
            raise ModelError(f"{folder / 'model_index.json'} names {entry!r} for {name}, which this engine does not load.")
        components[name] = _load(folder / name, *entry, dtype, device)
    return components


def _be_quiet() -> None:
    """Progress and advice meant for the libraries' own users stay off the terminal; errors still show."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / "model_index.json"
    if not path.is_file():
        raise ModelError(f"No model in {folder}: model_index.json is missing. Give a folder in diffusers' layout.")
    try:
        index = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(f"{path} is damaged ({error}). Install the model again.") from error
    if not isinstance(index, dict):
        raise ModelError(f"{path} is damaged (not an object). Install the model again.")
    return index


def _load(folder: Path, library: str, class_name: str, dtype: torch.dtype, device: torch.device | str) -> Any:
    try:
        loaded_class = getattr(importlib.import_module(library), class_name)
    except AttributeError as error:
        raise ModelError(f"{folder} asks for {library}.{class_name}, which the installed {library} does not have.") from error
    if not folder.is_dir():
        raise ModelError(f"The model's component {folder} is missing. Install the model again.")
    options: dict[str, Any] = {"local_files_only": True}
    is_network = isinstance(loaded_class, type) and issubclass(loaded_class, torch.nn.Module)
    if is_network:
        weights = list(folder.glob("*.safetensors"))
        if not weights:
            raise ModelError(f"{folder} holds no safetensors file. Install the model again.")
        options |= {"use_safetensors": True, "low_cpu_mem_usage": False}
        options["dtype" if library == "transformers" else "torch_dtype"] = dtype
    try:
        component = loaded_class.from_pretrained(folder, **options)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise ModelError(f"The model's component {folder} can't be read ({reason}). Install the model again.") from error
    if is_network:
        component = component.to(device).eval().requires_grad_(False)
    return component
