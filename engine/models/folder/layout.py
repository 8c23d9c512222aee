"""What lies in a model's folder, in diffusers' layout: components, their files, the headers of weights. Loads nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.errors import ModelError

INDEX = "model_index.json"
# Parts of public pipelines that score distillation has no use for; their classes change from release to release.
SKIPPED = ("safety_checker", "feature_extractor", "image_processor", "watermarker")
# Ports of MVDream name a class of their own, in code that is never run: ours reads the same weights.
MULTI_VIEW_CLASSES = ("MultiViewUNetModel", "MultiViewUNetWrapperModel")
MULTI_VIEW_UNET = ("engine.models.mvdream.unet", "MultiViewUNet")
# Models that are a single component, with config.json in place of an index: its class, and the component's name.
SINGLE_COMPONENTS = {"MotionAdapter": "motion_adapter"}
VOCABULARIES = (("tokenizer.json",), ("spiece.model",), ("tokenizer.model",), ("vocab.json", "merges.txt"), ("vocab.txt",))
# What each library calls a file of weights.
STEMS = {"diffusers": ("diffusion_pytorch_model",), "transformers": ("model",)}
MAX_HEADER = 100 * 2**20


@dataclass(frozen=True)
class Component:
    """A part of a model. folder: its own, within the model's; empty for a model that is a single component."""

    name: str
    library: str
    class_name: str
    folder: str

    @property
    def kind(self) -> str:
        """tokenizer, scheduler or network, from the name of its class."""
        if self.class_name.endswith(("Tokenizer", "TokenizerFast")):
            return "tokenizer"
        return "scheduler" if self.class_name.endswith("Scheduler") else "network"

    @property
    def config(self) -> str | None:
        """The file that the component can't do without, beside its weights."""
        return {"tokenizer": None, "scheduler": "scheduler_config.json"}.get(self.kind, "config.json")


def components(folder: Path) -> list[Component]:
    """What makes up the model in `folder`. Raises ModelError with one sentence where that is not known."""
    if (folder / INDEX).is_file():
        return components_of_index(read_object(folder / INDEX), folder / INDEX)
    if (folder / "config.json").is_file():
        return single_component(read_object(folder / "config.json"), folder)
    raise ModelError(f"No model in {folder}: {INDEX} is missing. Give a folder in diffusers' layout.")


def is_model(folder: Path) -> bool:
    """Whether it can be told what makes up the model in `folder`, be it whole or not."""
    try:
        return bool(components(folder))
    except ModelError:
        return False


def components_of_index(index: dict[str, Any], where: Path | str) -> list[Component]:
    """The components that model_index.json names, less those that are absent or SKIPPED. where: for the message."""
    found = []
    for name, entry in index.items():
        # Plain values are a pipeline's settings.
        if name.startswith("_") or name in SKIPPED or entry is None or isinstance(entry, bool | int | float):
            continue
        if isinstance(entry, list) and len(entry) == 2 and entry[1] is None:
            continue
        if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(part, str) for part in entry)):
            raise ModelError(f"{where} names {entry!r} for {name}, which this engine does not load.")
        if not name.isidentifier():
            raise ModelError(f"{where} names a component {name!r}, which is no name.")
        library, class_name = entry
        if library.partition(".")[0].startswith(("mv_unet", "mvdream")) or class_name in MULTI_VIEW_CLASSES:
            library, class_name = MULTI_VIEW_UNET
        found.append(Component(name, library, class_name, name))
    if not found:
        raise ModelError(f"{where} names no component: give a model in diffusers' layout.")
    return found


def single_component(config: dict[str, Any], where: Path | str) -> list[Component]:
    """The component that a folder without an index is, from its config.json."""
    class_name = config.get("_class_name")
    if class_name not in SINGLE_COMPONENTS:
        raise ModelError(
            f"No model in {where}: {INDEX} is missing and config.json is of class {class_name!r}. Give a whole model in "
            "diffusers' layout."
        )
    return [Component(SINGLE_COMPONENTS[class_name], "diffusers", class_name, "")]


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ModelError."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise ModelError(f"{path} is damaged ({error}). Fetch or copy the model again.") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path} is damaged (not an object). Fetch or copy the model again.")
    return value


def weights(folder: Path, component: Component) -> tuple[str | None, list[Path]]:
    """The safetensors files of a component in `folder` and the variant they are of: None, or fp16 where that alone is whole.

    Those that an index names need not be there. Raises ModelError where there are none or the index is damaged.
    """
    found = [each for variant in (None, "fp16") if (each := _weights_of_variant(folder, component, variant))]
    if found:
        return next((each for each in found if all(path.is_file() for path in each[1])), found[0])
    others = sorted(folder.glob("*.safetensors"))
    if len(others) == 1 and component.library not in STEMS:
        return None, others
    raise ModelError(
        f"{folder} holds no {stems_of(component)[0]}.safetensors, the weights of a {component.class_name}. Fetch or copy the "
        "model again; other formats are read only when a model is fetched."
    )


def _weights_of_variant(folder: Path, component: Component, variant: str | None) -> tuple[str | None, list[Path]] | None:
    for stem in stems_of(component):
        whole, index = folder / whole_name(stem, variant), folder / index_name(stem, variant)
        if whole.is_file():
            return variant, [whole]
        if index.is_file():
            names = read_object(index).get("weight_map")
            if not (isinstance(names, dict) and names and all(is_file_name(name) for name in names.values())):
                raise ModelError(f"{index} is damaged (no weight_map). Fetch or copy the model again.")
            return variant, [folder / name for name in sorted(set(names.values()))]
    return None


def stems_of(component: Component) -> tuple[str, ...]:
    """What a component's file of weights may be called, less the variant and the suffix."""
    return STEMS.get(component.library, ("diffusion_pytorch_model", "model"))


def whole_name(stem: str, variant: str | None) -> str:
    """The name of weights in one file."""
    return f"{stem}.{variant}.safetensors" if variant else f"{stem}.safetensors"


def index_name(stem: str, variant: str | None) -> str:
    """The name of the index of weights in several files."""
    return f"{stem}.safetensors.index.{variant}.json" if variant else f"{stem}.safetensors.index.json"


def is_file_name(name: Any) -> bool:
    """Whether it is the plain name of a file in the same folder."""
    return isinstance(name, str) and bool(name) and not set(name) & set("/\\:") and name not in (".", "..")


def read_header(path: Path) -> dict[str, Any]:
    """What a safetensors file says it holds: {tensor: {"dtype", "shape", "data_offsets"}}.

    Raises ModelError where the file is not as long as that takes: a download or a copy that broke off.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(MAX_HEADER, size - 8):
                raise ValueError("it ends within its header")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if size != end:
            raise ValueError(f"{size} bytes, but its header tells of {end}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelError(f"{path} can't be read ({error}). Fetch or copy the model again.") from error
    return header
