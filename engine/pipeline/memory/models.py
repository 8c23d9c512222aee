"""How much memory models take, estimated from their files before anything is loaded.

Weights are what the headers of the files say. Working memory is found by going through a pass on PyTorch's meta device, where
tensors have shapes and no content, and counting what would live at once.
"""

from __future__ import annotations

import importlib
import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from engine.config.quality import Quality
from engine.contract.errors import ModelError
from engine.guidance.denoisers.video_unet import AnimateDiff
from engine.guidance.load import fp32_components
from engine.guidance.model_class import ADAPTER, BUILT_IN, detect_model_class
from engine.guidance.protocol import Denoiser
from engine.guidance.public import IMAGES_PER_CALL
from engine.guidance.text.encoders import TextStates
from engine.models.catalogue import listed
from engine.models.folder.layout import components, read_header, read_object, weights
from engine.models.folder.loader import be_quiet
from engine.models.hub.ids import split_source
from engine.models.mvdream.config import read_config
from engine.models.mvdream.unet import MultiViewUNet
from engine.models.presets import Preset
from engine.models.source import locate

GB = 1e9


@dataclass(frozen=True)
class Need:
    """Of one model, in GB. text: its text encoders, gone before the rest is loaded. weights: the rest. working: beside them
    while it is asked. known: False where it is not on this machine and the figures are the catalogue's."""

    text: float
    weights: float
    working: float
    known: bool = True


def preset_needs(preset: Preset, quality: Quality, half: bool, low: bool = False) -> dict[str, Need]:
    """What each model of `preset` takes, by role. half: weights of two bytes. low: at low memory, one picture in a call.

    Raises ModelError where a model is neither on this machine nor known.
    """
    sizes = {"image": quality.static.at(1.0).size, "video": quality.dynamic.size, "upscale": quality.super_resolution.size}
    frames = {"image": 1, "video": quality.field.times, "upscale": quality.field.times}
    return {
        role: model_need(source, role, preset.image, sizes[role], frames[role], half, low)
        for role, source in preset.sources().items()
        if source
    }


def model_need(source: str, role: str, base: str, size: int, frames: int, half: bool, low: bool = False) -> Need:
    """Of one model, shown `frames` frames of `size` pixels. base: the image model that a motion adapter sits in."""
    try:
        folder = locate(source)
    except ModelError:
        model = listed((split_source(source) or ("", ""))[0])
        if model is None or model.memory_gb is None:
            raise
        return Need(max(model.download_gb - model.memory_gb, 0), model.memory_gb, 0, known=False)
    if detect_model_class(folder, role) == BUILT_IN:
        return Need(0.0, sum(_size(folder, name, False) for name in _names(folder)) / GB, 0.5)
    found, folders, halved = _parts(folder, role, base, half, low)
    text = sum(_size(folders[name], name, half) for name in found.text_components) / GB
    rest = sum(_size(folders[name], name, halved[name]) for name in halved) / GB
    return Need(text, rest, _working(found, folders, halved, size, frames, low) / GB)


def gradient_work(source: str, role: str, base: str, size: int, frames: int, views: int) -> tuple[float, float]:
    """Floating-point operations of one distillation gradient of `views` clips of `frames` frames: the denoiser's, with
    guidance, and the autoencoder's, forward and back. By a pass on the meta device. Raises ModelError where the model is not
    here."""
    found, folders, halved = _parts(locate(source), role, base, True, False)
    denoise, encode = _passes(found, folders, halved, size, frames, False)
    with FlopCounterMode(display=False) as denoiser:
        rows = len(denoise())
    with FlopCounterMode(display=False) as autoencoder:
        encode()
    pictures = views if found.is_video else views * frames
    # Everything is encoded once more without a graph, a third of the way there and back.
    return 2 * pictures / rows * denoiser.get_total_flops(), 4 / 3 * pictures * autoencoder.get_total_flops()


def _parts(
    folder: Path, role: str, base: str, half: bool, low: bool
) -> tuple[type[Denoiser], dict[str, Path], dict[str, bool]]:
    """The class of a public model, the folder of each component, and whether each has weights of two bytes."""
    found = detect_model_class(folder, role)
    folders = {name: folder for name in _names(folder)}
    if found == ADAPTER:
        found = AnimateDiff
        folders = {"motion_adapter": folder} | {name: locate(base) for name in _names(locate(base))}
    fp32 = fp32_components(found, low)
    return found, folders, {
        name: half and name not in fp32 for name in (*found.components, "motion_adapter") if name in folders
    }


def _names(folder: Path) -> list[str]:
    return [part.name for part in components(folder)]


def _size(folder: Path, name: str, half: bool) -> float:
    """Bytes of a component's weights."""
    part = next(part for part in components(folder) if part.name == name)
    if part.kind != "network":
        return 0
    where = folder / part.folder
    counts = [math.prod(entry["shape"]) for file in weights(where, part)[1] for entry in read_header(file).values()]
    return sum(counts) * (2 if half else 4)


def _working(
    found: type[Denoiser], folders: dict[str, Path], halved: dict[str, bool], size: int, frames: int, low: bool
) -> int:
    """Bytes beside the weights: a pass of the denoiser, or the autoencoder's gradient, whichever is more. halved: the
    components, and whether each has weights of two bytes."""
    denoise, encode = _passes(found, folders, halved, size, frames, low)
    return max(peak_bytes(denoise), peak_bytes(encode))


def _passes(
    found: type[Denoiser], folders: dict[str, Path], halved: dict[str, bool], size: int, frames: int, low: bool
) -> tuple[Callable[[], Tensor], Callable[[], Tensor]]:
    """One call of the denoiser, and the autoencoder's gradient of one picture or clip, on the meta device."""
    be_quiet()
    pictures = 1 if low else IMAGES_PER_CALL
    types = {name: torch.bfloat16 if half else torch.float32 for name, half in halved.items()}
    with torch.device("meta"):
        denoiser = found({name: _empty(folders[name], name, dtype) for name, dtype in types.items()})
        if low:
            denoiser.lower_memory()
        dtype = denoiser.network.dtype
        clip = torch.empty(1, frames, 3, size, size)
        shown = denoiser.model_frames(clip)
        if not denoiser.is_video:
            shown = shown[:1].expand(denoiser.views_per_batch if denoiser.views_per_batch > 1 else pictures, -1, -1, -1)
        clean = denoiser.latents.encode(shown)
        text = blank_text(denoiser.network, len(clean), dtype)
        conditions = _conditions(denoiser, len(clean), frames, size)
        one, timesteps = shown[:1], torch.zeros(len(clean))

    def denoise() -> Tensor:
        with torch.device("meta"), torch.no_grad():
            return denoiser(clean.to(dtype), timesteps, text, conditions)

    def encode() -> Tensor:
        with torch.device("meta"):
            return denoiser.latents.vjp(one, clean[:1])

    return denoise, encode


def _empty(folder: Path, name: str, dtype: torch.dtype) -> Any:
    """A component without content; a scheduler as it is."""
    part = next(part for part in components(folder) if part.name == name)
    found = getattr(importlib.import_module(part.library), part.class_name)
    where = folder / part.folder
    if part.kind == "scheduler":
        with torch.device("cpu"):
            return found.from_pretrained(where)
    if found is MultiViewUNet:
        return MultiViewUNet(read_config(where / "config.json")).to(dtype).requires_grad_(False)
    return found.from_config(read_object(where / "config.json")).to(dtype).eval().requires_grad_(False)


def blank_text(network: Any, count: int, dtype: torch.dtype) -> TextStates:
    """States of `count` texts without content, of the shape that a denoiser's network takes; on the default device."""
    config = network.config
    read = config.get if hasattr(config, "get") else lambda name: getattr(config, name, None)
    width = read("encoder_hid_dim") or read("cross_attention_dim") or read("text_dim") or read("text_embed_dim")
    width = width or read("context_dim")
    tokens = read("max_text_seq_length") or (512 if read("text_dim") else 77)
    pooled = None
    if read("addition_embed_type") == "text_time":
        inputs = config.projection_class_embeddings_input_dim
        pooled = torch.empty(count, inputs - 6 * config.addition_time_embed_dim, dtype=dtype)
    width = width[0] if isinstance(width, list | tuple) else width
    return TextStates(torch.empty(count, tokens, width, dtype=dtype), pooled)


def _conditions(denoiser: Any, count: int, frames: int, size: int) -> dict[str, Tensor]:
    """Of the shapes of a denoiser's own."""
    if "upscale" in denoiser.roles:
        side = getattr(denoiser, "size", size // 4)
        return {"low": torch.empty(count, 3, side, side), "level": torch.zeros(count, dtype=torch.long)}
    return {"camera": torch.empty(count, 16)}


def peak_bytes(run: Callable[[], Any]) -> int:
    """The most bytes of tensors that `run` makes and holds at once; of meta tensors, which need none of them."""
    with _fused_attention(), _Counter() as counter:
        result = run()
        del result
    return counter.most


class _Counter(TorchDispatchMode):
    """Counts the storages that operations make, until they are gone. What they are given, and views of it, was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.most = 0, 0
        self._seen: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {each.untyped_storage()._cdata for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)}
        result = func(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, Tensor) and each.untyped_storage()._cdata not in given:
                self._note(each.untyped_storage())
        return result

    def _note(self, storage: Any) -> None:
        key = storage._cdata
        if key in self._seen:
            return
        size = storage.nbytes()
        self.now += size
        self.most = max(self.most, self.now)
        self._seen[key] = weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._seen.pop(key, None)
        self.now -= size


@contextmanager
def _fused_attention() -> Iterator[None]:
    """Attention as graphics cards compute it: without the matrix of all pairs, which the meta device would count.

    The function is changed for the time, not overridden by a mode of PyTorch's: modes do not reach what is computed again
    on the way back.
    """
    before = functional.scaled_dot_product_attention

    def fused(query: Tensor, key: Tensor, value: Tensor, *args: Any, **options: Any) -> Tensor:
        if query.device.type != "meta":
            return before(query, key, value, *args, **options)
        # One product each, so that the way back has something to go through.
        return query * value.new_empty(*query.shape[:-1], value.shape[-1])

    functional.scaled_dot_product_attention = fused
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = before
