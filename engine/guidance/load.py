"""Loads a model as guidance: finds it, encodes the prompt, loads its networks, and puts them where they work."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError, PromptError
from engine.guidance.bodies import ANY_TIME, BodyGuidance
from engine.guidance.built_in import ImageGuidance, VideoGuidance
from engine.guidance.canonical_pose import nearest_moment
from engine.guidance.denoisers.stable_diffusion import StableDiffusion
from engine.guidance.denoisers.video_unet import AnimateDiff
from engine.guidance.model_class import ADAPTER, BODIES, BUILT_IN, detect_model_class
from engine.guidance.offload import Resident
from engine.guidance.precision import half_type
from engine.guidance.protocol import Denoiser, Guidance
from engine.guidance.public import PublicGuidance
from engine.guidance.text.cache import cache_key, cached_prompt
from engine.guidance.text.encoders import encode_clip
from engine.guidance.text.ip_adapter import embed_picture, fit_adapter
from engine.guidance.text.prompts import EncodedPrompt, encode_prompt
from engine.models.folder.check import check_model
from engine.models.folder.loader import load_components
from engine.models.presets import Preset
from engine.models.source import locate
from engine.models.world.words.lexicon import RESTING, STILL, Words
from engine.scene.frame_times import frame_times

BUILT_IN_TEXT_COMPONENTS = ("tokenizer", "text_encoder")
# Moments of a clip among which that is looked for in which a body is made.
POSES = 16


@dataclass(frozen=True)
class LoadedGuidance:
    """A guidance with the prompt in its own encoding."""

    guidance: Guidance
    prompt: EncodedPrompt


@dataclass(frozen=True)
class GuidanceConfig:
    """What a run's models are loaded for.

    prompt: as they read it. models: of each role. negative_prompt: what pictures are to be unlike; empty for that of each
    class. low_memory: whether public models are on the device only while they are used, and see one picture at a time. picture:
    that stands beside the text, [4, height, width], see `embed_picture`; adapter: the folder of the IP-Adapter that shows it to
    models that can take one, empty for none. text_cache: the folder that keeps the prompt in the models' encodings, None for
    none.
    """

    prompt: str
    models: Preset
    negative_prompt: str = ""
    low_memory: bool = False
    picture: Tensor | None = None
    adapter: str = ""
    text_cache: Path | None = None


def check_models(models: Preset, roles: Iterable[str]) -> None:
    """Raises ModelError where a model of `roles` is not there, not whole, or of a class that can't fill its role: before hours
    are spent on the stages that need it later."""
    for role in roles:
        folder = locate(getattr(models, role))
        if detect_model_class(folder, role) == ADAPTER:
            _adapter_base(folder, models.image)
        if faults := check_model(folder):
            raise ModelError(faults[0])


def load_guidance(
    role: str, config: GuidanceConfig, distillation: DistillationConfig, device: torch.device | str = "cpu"
) -> LoadedGuidance:
    """The model of a role, with the prompt encoded. Its text encoders are freed before the rest is loaded.

    Raises ModelError where there is no such model, or it can't fill the role.
    """
    source = getattr(config.models, role)
    if not source:
        raise ModelError(f"There is no {role} model: give {role}_model, a folder or a hub id.")
    folder = locate(source)
    found = detect_model_class(folder, role)
    if found == BUILT_IN:
        return _load_built_in(role, folder, config, distillation, device)
    if found == BODIES:
        return _load_bodies(role, folder, config.prompt, distillation, device)
    adapter = None
    if found == ADAPTER:
        found, adapter, folder = AnimateDiff, folder, _adapter_base(folder, config.models.image)
    elif (folder / "motion_adapter").is_dir():
        adapter = folder / "motion_adapter"
    where = "cpu" if config.low_memory else device
    # The largest text encoders are several times the denoiser.
    prompt = _encoded_prompt(found, folder, config, where)
    dtype = _precision(device, found.half)
    components = _load_networks(found, folder, dtype, where, config.low_memory)
    if adapter is not None:
        components |= load_components(adapter, dtype, where)
    denoiser = found(components)
    if config.low_memory:
        denoiser.lower_memory()
    if config.adapter and config.picture is not None and found.accepts_image_prompt:
        prompt = _with_picture(prompt, denoiser.network, Path(config.adapter), config.picture)
    if not config.low_memory:
        return LoadedGuidance(PublicGuidance(denoiser, distillation.filled(found.recipe.distillation)), prompt)
    networks = [denoiser.network, getattr(denoiser.latents, "autoencoder", None)]
    resident = Resident([network for network in networks if network is not None], device)
    return LoadedGuidance(PublicGuidance(denoiser, distillation.filled(found.recipe.distillation), resident, 1), prompt)


def _load_built_in(
    role: str, folder: Path, config: GuidanceConfig, distillation: DistillationConfig, device: torch.device | str
) -> LoadedGuidance:
    components = load_components(folder, device=device)
    texts = {name: components.pop(name) for name in BUILT_IN_TEXT_COMPONENTS if name in components}
    by_view = "pose_encoder" not in components
    prompt = encode_prompt(encode_clip, texts, config.prompt, config.negative_prompt, by_view=by_view)
    guidance = ImageGuidance if role == "image" else VideoGuidance
    return LoadedGuidance(guidance(components, distillation.filled(DistillationConfig(guidance.guidance_scale))), prompt)


def _load_bodies(
    role: str, folder: Path, prompt: str, distillation: DistillationConfig, device: torch.device | str
) -> LoadedGuidance:
    """The model of bodies that bend; as the image model it is told the body in the pose that it is made in. Raises PromptError
    where `prompt` is not in the model's own words, as `engine.contract.prompt.canonical_prompt` puts it."""
    try:
        words = Words.parse(prompt)
    except ValueError as error:
        raise PromptError(f"{error}: choose the preset creatures, which reads prompts for this model.") from error
    resting = replace(words, limb=RESTING, whole=STILL)
    components = load_components(folder, device=device)
    texts = {name: components.pop(name) for name in BUILT_IN_TEXT_COMPONENTS if name in components}
    at_rest = encode_prompt(encode_clip, texts, str(resting))
    own = distillation.filled(DistillationConfig(BodyGuidance.guidance_scale))
    colours = torch.tensor(words.colours)
    guidance = BodyGuidance(components, own, colours, at_rest)
    in_place = encode_prompt(encode_clip, texts, str(replace(words, whole=STILL)))
    times = frame_times(POSES).to(device)
    moment = nearest_moment(guidance.joints(in_place, times), guidance.joints(at_rest, times)[0])
    made_as, still_at = (at_rest, ANY_TIME) if moment is None else (in_place, float(times[moment]))
    guidance = BodyGuidance(components, own, colours, at_rest, still_at, made_as)
    return LoadedGuidance(guidance, made_as if role == "image" else encode_prompt(encode_clip, texts, str(words)))


def fp32_components(found: type[Denoiser], low_memory: bool) -> tuple[str, ...]:
    """The components of a class that are kept in 32 bits: at low memory none that bfloat16 holds, whose range is float32's."""
    return () if low_memory and found.half == torch.bfloat16 else found.fp32_components


def _load_networks(
    found: type[Denoiser], folder: Path, dtype: torch.dtype, device: torch.device | str, low_memory: bool
) -> dict[str, Any]:
    """The denoiser's components in `dtype`, but for what half precision harms; at low memory for what it breaks alone."""
    fp32 = fp32_components(found, low_memory)
    components = load_components(folder, dtype, device, only=tuple(name for name in found.components if name not in fp32))
    if fp32:
        components |= load_components(folder, torch.float32, device, only=fp32)
    vae = components.get("vae")
    if dtype == torch.float16 and vae is not None and vae.config.get("force_upcast"):
        # Such an autoencoder, SDXL's, overflows there; bfloat16 has float32's range.
        vae.to(torch.float32)
    return components


def _with_picture(prompt: EncodedPrompt, unet: Any, adapter: Path, picture: Tensor) -> EncodedPrompt:
    """The prompt with the picture beside it, and its absence beside the negative one."""
    embedding = embed_picture(adapter, picture)
    fit_adapter(unet, adapter)
    absent = torch.zeros_like(embedding)
    return EncodedPrompt(prompt.conditional.with_picture(embedding), prompt.unconditional.with_picture(absent))


def _adapter_base(adapter: Path, base: str) -> Path:
    """The folder of the image model that a motion adapter sits in."""
    folder = locate(base) if base else None
    if folder is None or detect_model_class(folder, "image") is not StableDiffusion:
        raise ModelError(f"{adapter} is a motion adapter, which needs Stable Diffusion as the image model to sit in.")
    return folder


def _encoded_prompt(found: type[Denoiser], folder: Path, config: GuidanceConfig, device: torch.device | str) -> EncodedPrompt:
    """The prompt in the model's own encoding, from the cache where it has been encoded before."""
    negative = config.negative_prompt or found.recipe.negative_prompt
    texts = (config.prompt + found.recipe.prompt_suffix, negative, not found.knows_cameras)
    key = cache_key(folder, found.text_components, *texts, str(_precision(device)))
    return cached_prompt(config.text_cache, key, lambda: _encode(found, folder, texts, device))


def _encode(found: type[Denoiser], folder: Path, texts: tuple[str, str, bool], device: torch.device | str) -> EncodedPrompt:
    """`texts` (prompt, negative prompt, by view) by the model's own encoders, which are freed when this returns."""
    components = load_components(folder, _precision(device), device, only=found.text_components)
    try:
        prompt = encode_prompt(found.encode, components, *texts)
    except (IndexError, ValueError, KeyError) as error:
        raise ModelError(
            f"The tokenizer and the text encoder in {folder} do not fit one another ({error}): fetch or copy the model again."
        ) from error
    del components
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
    return EncodedPrompt(prompt.conditional.to(torch.float32), prompt.unconditional.to(torch.float32))


def _precision(device: torch.device | str, half: torch.dtype = torch.bfloat16) -> torch.dtype:
    """What public models' weights are kept in: half of float32 on a graphics card, where they hardly fit otherwise; `half`
    where the card is fast in it."""
    device = torch.device(device)
    if device.type != "cuda":
        return torch.float32
    return half if half_type(device) == torch.bfloat16 else torch.float16
