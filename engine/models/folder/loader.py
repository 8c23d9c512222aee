"""Loads the components of a diffusion model from a folder in diffusers' layout, whatever made it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch

from engine.contract.errors import ModelError
from engine.models.folder.check import check_component
from engine.models.folder.layout import MULTI_VIEW_UNET, Component, components, weights

# What a model may name; nothing else is ever imported on a model's word.
LIBRARIES = (
    "diffusers", "transformers", "engine.models.pose_encoder", "engine.models.motion_encoder", "engine.models.joint_encoder",
    "engine.models.picture_denoiser", MULTI_VIEW_UNET[0],
)  # fmt: skip


def load_components(
    folder: Path,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    only: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """The components of the model in `folder`, by name, in evaluation mode and without gradients.

    only: the names of those to load; all that there are if left out. Weights are read from safetensors alone, straight to
    `dtype`. Raises ModelError with one sentence where something is missing, damaged, of the wrong class or not allowed.
    """
    be_quiet()
    parts = components(folder)
    for part in parts:
        if part.library not in LIBRARIES:
            raise ModelError(
                f"{folder} names {part.library}.{part.class_name} for {part.name}, which this engine does not load: choose "
                "another model."
            )
    if only is not None:
        there = {part.name: part for part in parts}
        if missing := [name for name in only if name not in there]:
            raise ModelError(f"The model in {folder} has no {' and no '.join(missing)}: choose a model of another class.")
        parts = [there[name] for name in only]
    return {part.name: load_component(folder, part, dtype, device) for part in parts}


def be_quiet() -> None:
    """Progress and advice meant for the libraries' own users stay off the terminal; errors still show."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def load_component(model: Path, part: Component, dtype: torch.dtype, device: torch.device | str) -> Any:
    """One component of the model in folder `model`; as `load_components`."""
    folder = model / part.folder
    loaded_class = _class(folder, part)
    if faults := check_component(folder, part):
        raise ModelError(faults[0])
    try:
        if part.kind != "network":
            return loaded_class.from_pretrained(folder, local_files_only=True)
        network = _load_network(folder, part, loaded_class, dtype)
        return network.to(device).eval().requires_grad_(False)
    except ModelError:
        raise
    except Exception as error:
        # What the libraries raise is of every kind, even Exception itself; memory alone is no fault of the files.
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "memory" in str(error):
            raise
        raise ModelError(
            f"The model's component {folder} can't be read as {part.class_name} ({_reason(error)}). Fetch or copy the model "
            "again, or choose another."
        ) from error


def _class(folder: Path, part: Component) -> type:
    """The component's class, which has to be of the kind that its name says."""
    import diffusers
    import transformers

    try:
        found = getattr(importlib.import_module(part.library), part.class_name)
    except (AttributeError, ImportError) as error:
        raise ModelError(
            f"{folder} asks for {part.library}.{part.class_name}, which is not in the installed {part.library}: choose another "
            "model."
        ) from error
    kinds = {
        "tokenizer": transformers.PreTrainedTokenizerBase,
        "scheduler": diffusers.SchedulerMixin,
        "network": torch.nn.Module,
    }
    if not (isinstance(found, type) and issubclass(found, kinds[part.kind]) and hasattr(found, "from_pretrained")):
        raise ModelError(f"{folder} asks for {part.library}.{part.class_name}, which is no {part.kind}: choose another model.")
    return found


def _load_network(folder: Path, part: Component, loaded_class: Any, dtype: torch.dtype) -> torch.nn.Module:
    if (part.library, part.class_name) == MULTI_VIEW_UNET:
        return loaded_class.from_pretrained(folder, torch_dtype=dtype)
    options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "output_loading_info": True}
    options["variant"] = weights(folder, part)[0]
    # Both libraries make the network without memory first, then put the weights in as they are read.
    options |= {"dtype": dtype} if part.library == "transformers" else {"torch_dtype": dtype, "low_cpu_mem_usage": True}
    network, found = loaded_class.from_pretrained(folder, **options)
    # Either library would go on with random numbers.
    if missing := sorted(found["missing_keys"]):
        raise ModelError(
            f"The weights in {folder} are not those of a {part.class_name}: {len(missing)} of its tensors are missing, "
            f"{missing[0]} first. Fetch or copy the model again, or choose another."
        )
    return network


def _reason(error: Exception) -> str:
    if "ignore_mismatched_sizes" in str(error):
        return "the shapes of its weights are not those of its config.json"
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()[:160]
