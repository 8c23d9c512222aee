"""What a user asks for, checked at the door."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from engine.ablations import MODES, PARTS, without
from engine.errors import EngineError
from engine.guidance.presets import PRESETS
from engine.guidance.vocabulary import Vocabulary, canonical_prompt, check_prompt
from engine.settings import BACKBONES, QUALITIES, Quality

TOPOLOGIES = ("auto", "fixed", "per-frame")
# Left out of job.json at these values, so that jobs from before there were such settings go on.
LATER = {"mode": "4d", "without": [], "backbone": "hexplane"}


class RequestError(EngineError):
    kind = "request"


@dataclass(frozen=True)
class Request:
    """One job. frames: meshes on the timeline. fps: frames a second. static_steps, dynamic_steps, super_resolution_steps: in
    place of the quality's own numbers. mode: "4d", or "3d" for a still object, or "video" for what is right from the front
    alone. without: parts of the method to leave out (`engine.ablations.PARTS`). backbone: of the field."""

    prompt: str
    preset: str = "primitives"
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
        choice("backbone", request.backbone, BACKBONES)
        for part in request.without:
            choice("part of the method", part, PARTS)
        if request.mode == "3d":
            request = replace(request, frames=1)
        whole("seed", request.seed, 0, 2**31 - 1)
        whole("frames", request.frames, 1, 250)
        whole("fps", request.fps, 1, 120)
        for name in ("static_steps", "dynamic_steps", "super_resolution_steps"):
            if getattr(request, name) is not None:
                whole(name, getattr(request, name), 0, 1_000_000)
        return request

    def as_dict(self) -> dict[str, Any]:
        """What job.json holds."""
        values = asdict(self) | {"without": list(self.without)}
        return {name: value for name, value in values.items() if value is not None and value != LATER.get(name)}

    def canonical_prompt(self) -> str:
        """The prompt as the preset's models read it. Raises PromptError where they do not know its words."""
        vocabulary = Vocabulary.read(PRESETS[self.preset].video.parent)
        if vocabulary is None:
            return self.prompt
        return canonical_prompt(self.prompt, vocabulary, still=self.mode == "3d")

    def resolved_quality(self) -> Quality:
        """The quality with all that this request changes in it."""
        quality = QUALITIES[self.quality]
        quality = replace(quality, field=replace(quality.field, backbone=self.backbone))
        quality = without(MODES[self.mode](quality), self.without)
        for stage in ("static", "dynamic", "super_resolution"):
            steps = getattr(self, f"{stage}_steps")
            if steps is not None:
                quality = replace(quality, **{stage: replace(getattr(quality, stage), steps=steps)})
        return quality


def choice(name: str, value: Any, choices: Any) -> None:
    """Raises RequestError unless `value` is one of `choices`."""
    if value not in choices:
        raise RequestError(f"There is no {name} {value!r}: choose {' or '.join(choices)}.")


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Raises RequestError unless `value` is a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a whole number from {low} to {high}.")
