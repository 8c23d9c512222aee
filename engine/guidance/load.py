"""A model made ready to teach: located, told the prompt, loaded, and put where it works."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.config.quality import Distillation
from engine.contract.errors import ModelError
from engine.guidance import detect as kinds
from engine.guidance.built_in import ClipGuidance
from engine.guidance.image import ImageGuidance
from engine.guidance.offload import Resident
from engine.guidance.precision import half_type
from engine.guidance.public import PICTURES_AT_ONCE, PublicGuidance
from engine.guidance.text.cache import key_of, remembered
from engine.guidance.text.encoders import encode_clip
from engine.guidance.text.ip_adapter import embed_picture, fit_adapter
from engine.guidance.text.prompts import EncodedPrompt, encode_prompt
from engine.models.check import check_model
from engine.models.loader import load_components
from engine.models.presets import Preset
from engine.models.source import locate

Guidance = ClipGuidance | PublicGuidance
BUILT_IN_TEXTS = ("tokenizer", "text_encoder")


@dataclass(frozen=True)
class Teacher:
    """A guidance with the prompt in its own encoding."""

    guidance: Guidance
    prompt: EncodedPrompt


@dataclass(frozen=True)
class Lesson:
    """What is taught and by which models.

    text: the prompt as they read it. negative: what pictures are to be unlike. low_memory: whether public models are on the
    device only while they are used, and see one picture at a time. picture: that stands beside the text, [4, height, width],
    see `embed_picture`; adapter: the folder of the image adapter that shows it to models that can take one, empty for none.
    texts: the folder that keeps the prompt in the models' encodings, None for none.
    """

    text: str
    preset: Preset
    negative: str = ""
    low_memory: bool = False
    picture: Tensor | None = None
    adapter: str = ""
    texts: Path | None = None


def check_models(preset: Preset, roles: Iterable[str]) -> None:
    """Raises ModelError where a model of `roles` is not there, not whole, or of a class that can't fill its role: before hours
    are spent on the stages that need it later."""
    for role in roles:
        folder = locate(getattr(preset, role))
        if kinds.kind_of(folder, role) == kinds.ADAPTER:
            _base_of(folder, preset.image)
        if faults := check_model(folder):
            raise ModelError(faults[0])


def load_teacher(role: str, lesson: Lesson, distillation: Distillation, device: torch.device | str = "cpu") -> Teacher:
    """The lesson's model for `role`, one of `presets.ROLES`. Its text encoders are gone before the rest is loaded.

    Raises ModelError where there is no such model, or it can't fill the role.
    """
    source = getattr(lesson.preset, role)
    if not source:
        raise ModelError(f"There is no {role} model: give {role}_model, a folder or a hub id.")
    folder = locate(source)
    kind = kinds.kind_of(folder, role)
    if kind == kinds.BUILT_IN:
        return _built_in(role, folder, lesson, distillation, device)
    adapter = None
    if kind == kinds.ADAPTER:
        kind, adapter, folder = kinds.AnimateDiff, folder, _base_of(folder, lesson.preset.image)
    elif (folder / "motion_adapter").is_dir():
        adapter = folder / "motion_adapter"
    # The largest text encoders are several times the denoiser.
    prompt = _read(kind, folder, lesson, "cpu" if lesson.low_memory else device)
    where = "cpu" if lesson.low_memory else device
    components = _networks(kind, folder, _precision(device), where, () if lesson.low_memory else getattr(kind, "exact", ()))
    if adapter is not None:
        components |= load_components(adapter, _precision(device), where)
    denoiser = kind(components)
    if lesson.adapter and lesson.picture is not None and getattr(kind, "sees_pictures", False):
        prompt = _shown(prompt, denoiser.unet, Path(lesson.adapter), lesson.picture)
    networks = [value for value in vars(denoiser).values() if isinstance(value, torch.nn.Module)]
    autoencoder = getattr(denoiser.space, "autoencoder", None)
    resident = Resident([*networks, *([autoencoder] if autoencoder is not None else [])], device) if lesson.low_memory else None
    pictures = 1 if lesson.low_memory else PICTURES_AT_ONCE
    return Teacher(PublicGuidance(denoiser, scaled(distillation, kind), resident, pictures), prompt)


def _networks(
    kind: Any, folder: Path, dtype: torch.dtype, device: torch.device | str, exact: tuple[str, ...]
) -> dict[str, Any]:
    """All that teaches: `exact` components in float32, the rest in `dtype`, but for what does not bear it."""
    components = load_components(folder, dtype, device, only=tuple(name for name in kind.parts if name not in exact))
    if exact:
        components |= load_components(folder, torch.float32, device, only=exact)
    vae = components.get("vae")
    if dtype == torch.float16 and vae is not None and vae.config.get("force_upcast"):
        # Such an autoencoder, SDXL's, overflows there; bfloat16 has float32's range.
        vae.to(torch.float32)
    return components


def _built_in(role: str, folder: Path, lesson: Lesson, distillation: Distillation, device: torch.device | str) -> Teacher:
    components = load_components(folder, device=device)
    texts = {name: components.pop(name) for name in BUILT_IN_TEXTS if name in components}
    prompt = encode_prompt(encode_clip, texts, lesson.text, lesson.negative, by_view="pose_encoder" not in components)
    kind = ImageGuidance if role == "image" else ClipGuidance
    return Teacher(kind(components, scaled(distillation, kind)), prompt)


def scaled(distillation: Distillation, kind: Any) -> Distillation:
    """With the guidance scale of the model's class, or of a guidance's, where none is given."""
    if distillation.guidance_scale is not None:
        return distillation
    return replace(distillation, guidance_scale=kind.guidance_scale)


def _shown(prompt: EncodedPrompt, unet: Any, adapter: Path, picture: Tensor) -> EncodedPrompt:
    """The prompt with the picture beside it, and its absence beside the negative one."""
    embedding = embed_picture(adapter, picture)
    fit_adapter(unet, adapter)
    absent = torch.zeros_like(embedding)
    return EncodedPrompt(prompt.conditional.with_picture(embedding), prompt.unconditional.with_picture(absent))


def _base_of(adapter: Path, base: str) -> Path:
    folder = locate(base) if base else None
    if folder is None or kinds.kind_of(folder, "image") is not kinds.StableDiffusion:
        raise ModelError(f"{adapter} is a motion adapter, which needs Stable Diffusion as the image model to sit in.")
    return folder


def _read(kind: Any, folder: Path, lesson: Lesson, device: torch.device | str) -> EncodedPrompt:
    """The prompt in the model's own encoding, from the job's folder where it has been encoded before."""
    by_view = not getattr(kind, "knows_cameras", False)
    asked = (lesson.text + getattr(kind, "text_suffix", ""), lesson.negative, by_view)
    key = key_of(folder, kind.texts, *asked, str(_precision(device)))
    return remembered(lesson.texts, key, lambda: _encoded(kind, folder, asked, device))


def _encoded(kind: Any, folder: Path, asked: tuple[str, str, bool], device: torch.device | str) -> EncodedPrompt:
    """`asked` (text, negative, by view) by the model's own encoders, which are gone when this returns."""
    components = load_components(folder, _precision(device), device, only=kind.texts)
    try:
        prompt = encode_prompt(kind.encode, components, *asked)
    except (IndexError, ValueError, KeyError) as error:
        raise ModelError(
            f"The tokenizer and the text encoder in {folder} do not fit one another ({error}): fetch or copy the model again."
        ) from error
    del components
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
    return EncodedPrompt(prompt.conditional.to(torch.float32), prompt.unconditional.to(torch.float32))


def _precision(device: torch.device | str) -> torch.dtype:
    """What public models' weights are kept in: half of float32 on a graphics card, where they hardly fit otherwise."""
    device = torch.device(device)
    return half_type(device) or torch.float32 if device.type == "cuda" else torch.float32
