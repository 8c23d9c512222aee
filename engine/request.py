"""What a user asks for, checked at the door."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.ablations import MODES, PARTS, without
from engine.errors import EngineError
from engine.guidance.presets import PRESETS, ROLES, Preset
from engine.guidance.vocabulary import LONGEST, Vocabulary, canonical_prompt, check_prompt
from engine.settings import BACKBONES, PUBLIC_QUALITIES, QUALITIES, Quality

TOPOLOGIES = ("auto", "fixed", "per-frame")
# What a job calls its own copy of the picture it was given.
PICTURE = "reference.png"
# Left out of job.json at these values, so that jobs from before there were such settings go on.
MEMORY = ("auto", "low")
LATER = {"mode": "4d", "without": [], "backbone": "hexplane", "negative_prompt": "", "memory": "auto"}


class RequestError(EngineError):
    kind = "request"


@dataclass(frozen=True)
class Request:
    """One job.

    frames: meshes on the timeline. fps: frames a second.
    image_model, video_model, upscale_model: folders or hub ids in place of the preset's.
    negative_prompt: what pictures are to be unlike; the built-in models heed none.
    *_guidance_scale, *_steps: in place of the quality's own numbers.
    memory: "low" to have less on the device at once, "auto" to do so where models fit no other way.
    mode: "4d", or "3d" for a still object, or "video" for what is right from the front alone.
    without: parts of the method to leave out (`engine.ablations.PARTS`). backbone: of the field.
    image_adapter: folder of an IP-Adapter that shows it to models of class Stable Diffusion.
    image: path of a picture of the object; in a job, PICTURE beside it, and image_sha256 of its pixels.
    """

    prompt: str
    preset: str = "primitives"
    image_model: str | None = None
    video_model: str | None = None
    upscale_model: str | None = None
    quality: str = "standard"
    seed: int = 0
    topology: str = "auto"
    frames: int = 16
    fps: int = 12
    static_steps: int | None = None
    dynamic_steps: int | None = None
    super_resolution_steps: int | None = None
    mode: str = "4d"
    without: tuple[str, ...] = ()
    backbone: str = "hexplane"
    negative_prompt: str = ""
    image_guidance_scale: float | None = None
    video_guidance_scale: float | None = None
    upscale_guidance_scale: float | None = None
    memory: str = "auto"
    image: str | None = None
    image_sha256: str | None = None
    image_adapter: str | None = None

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Request:
        """A request from plain values. Raises RequestError or PromptError with one sentence."""
        known = {field.name: field for field in fields(cls)}
        for name in values:
            if name not in known:
                raise RequestError(f"There is no setting {name!r}; there are {', '.join(known)}.")
        tidy = {"prompt": check_prompt(str(values.get("prompt", ""))), "without": tuple(values.get("without", ()))}
        request = cls(**{**values, **tidy})
        choice("preset", request.preset, PRESETS)
        choice("quality", request.quality, QUALITIES)
        choice("topology", request.topology, TOPOLOGIES)
        choice("mode", request.mode, MODES)
        choice("memory", request.memory, MEMORY)
        choice("backbone", request.backbone, BACKBONES)
        for part in request.without:
            choice("part of the method", part, PARTS)
        if request.mode == "3d":
            if request.dynamic_steps:
                raise RequestError("A still object has no dynamic stage: leave dynamic_steps out, or make it move (mode 4d).")
            request = replace(request, frames=1)
        whole("seed", request.seed, 0, 2**31 - 1)
        whole("frames", request.frames, 1, 250)
        whole("fps", request.fps, 1, 120)
        for name in ("static_steps", "dynamic_steps", "super_resolution_steps"):
            if getattr(request, name) is not None:
                whole(name, getattr(request, name), 0, 1_000_000)
        for role in ROLES:
            scale = getattr(request, f"{role}_guidance_scale")
            if scale is not None:
                number(f"{role}_guidance_scale", scale, 0.0, 1000.0)
            source = getattr(request, f"{role}_model")
            if source is not None and not (isinstance(source, str) and source.strip()):
                raise RequestError(f"{role}_model is {source!r}: give a folder or a hub id.")
        if not isinstance(request.negative_prompt, str) or len(request.negative_prompt) > LONGEST:
            raise RequestError(f"The negative prompt has to be a text of {LONGEST} characters or fewer.")
        request._check_models()
        request._check_image()
        return request

    def as_dict(self) -> dict[str, Any]:
        """What job.json holds."""
        values = asdict(self) | {"without": list(self.without)}
        return {name: value for name, value in values.items() if value is not None and value != LATER.get(name)}

    def vocabulary(self) -> Vocabulary | None:
        """The words that the models know; None where they take any text."""
        source = self.models().video
        return Vocabulary.read(Path(source).parent) if source and Path(source).is_dir() else None

    def canonical_prompt(self, seen: tuple[str, str] | None = None) -> str:
        """The prompt as the preset's models read it. Raises PromptError where they do not know its words.

        seen: the colour and the object in the picture, which a prompt need not name. Before anyone has looked, any will do.
        """
        vocabulary = self.vocabulary()
        if vocabulary is None:
            return self.prompt
        if seen is None and self.image is not None:
            seen = next(iter(vocabulary.colours)), next(iter(vocabulary.objects))
        return canonical_prompt(self.prompt, vocabulary, self.mode == "3d", seen or ("", ""))

    def resolved_quality(self) -> Quality:
        """The quality with all that this request changes in it."""
        models = self.models()
        quality = (QUALITIES if models.built_in else PUBLIC_QUALITIES)[self.quality]
        quality = replace(quality, field=replace(quality.field, backbone=self.backbone))
        quality = without(MODES[self.mode](quality), self.without)
        for stage in ("static", "dynamic", "super_resolution"):
            steps = getattr(self, f"{stage}_steps")
            if steps is not None:
                quality = replace(quality, **{stage: replace(getattr(quality, stage), steps=steps)})
        return self._scaled(quality)

    def models(self) -> Preset:
        """The preset with the models that this request names in place of its own."""
        named = {role: getattr(self, f"{role}_model") for role in ROLES}
        return replace(PRESETS[self.preset], **{role: source for role, source in named.items() if source})

    def _scaled(self, quality: Quality) -> Quality:
        """With the guidance scales of this request."""
        static, dynamic, fine = quality.static, quality.dynamic, quality.super_resolution
        if (scale := self.image_guidance_scale) is not None:
            static = replace(static, distillation=replace(static.distillation, guidance_scale=scale))
        if (scale := self.video_guidance_scale) is not None:
            dynamic = replace(dynamic, distillation=replace(dynamic.distillation, guidance_scale=scale))
            fine = replace(fine, video_distillation=replace(fine.video_distillation, guidance_scale=scale))
        if (scale := self.upscale_guidance_scale) is not None:
            fine = replace(fine, distillation=replace(fine.distillation, guidance_scale=scale))
        return replace(quality, static=static, dynamic=dynamic, super_resolution=fine)

    def _check_image(self) -> None:
        """Raises RequestError where the picture is no path."""
        for name in ("image", "image_sha256"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value.strip() or "\0" in value):
                raise RequestError(f"{name} is {value!r}: give the path of a picture.")
        if self.image_sha256 is not None and self.image != PICTURE:
            raise RequestError("image_sha256 belongs to a job that has its picture already: give image alone.")
        if self.image_adapter is not None:
            if not isinstance(self.image_adapter, str) or not Path(self.image_adapter).is_dir():
                raise RequestError(f"image_adapter is {self.image_adapter!r}: give the folder of an IP-Adapter.")
            if self.image is None:
                raise RequestError("An image adapter shows a picture to models, and there is none: give an image as well.")

    def _check_models(self) -> None:
        """Raises RequestError where models are named for a preset with models of its own, or one that is needed is not."""
        preset, models = PRESETS[self.preset], self.models()
        if preset.built_in and models != preset:
            raise RequestError("The preset primitives has its own models: choose the preset custom to name others.")
        quality = self.resolved_quality()
        needed = {"image": quality.static.steps, "video": quality.dynamic.steps or quality.super_resolution.steps}
        needed["upscale"] = quality.super_resolution.steps
        if self.mode == "3d":
            needed["video"] = 0
        missing = [role for role, steps in needed.items() if steps and not getattr(models, role)]
        if missing:
            names = " and ".join(f"{role}_model" for role in missing)
            raise RequestError(f"Preset {self.preset} lacks models: give {names}, a folder or a hub id each.")


def choice(name: str, value: Any, choices: Any) -> None:
    """Raises RequestError unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise RequestError(f"There is no {name} {value!r}: choose {' or '.join(choices)}.")


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Raises RequestError unless `value` is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a whole number from {low} to {high}.")


def number(name: str, value: Any, low: float, high: float) -> None:
    """Raises RequestError unless `value` is a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a number from {low:g} to {high:g}.")
