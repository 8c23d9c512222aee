"""What a user asks for, checked at the door."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from engine.errors import EngineError
from engine.guidance.presets import PRESETS
from engine.guidance.vocabulary import Vocabulary, canonical_prompt, check_prompt
from engine.settings import QUALITIES, Quality

TOPOLOGIES = ("auto", "fixed", "per-frame")


class RequestError(EngineError):
    kind = "request"


@dataclass(frozen=True)
class Request:
    """One job. frames: meshes on the timeline. fps: frames a second. static_steps, dynamic_steps, super_resolution_steps: in
    place of the quality's own numbers."""

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

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Request:
        """A request from plain values. Raises RequestError or PromptError with one sentence."""
        known = {field.name: field for field in fields(cls)}
        for name in values:
            if name not in known:
                raise RequestError(f"There is no setting {name!r}; there are {', '.join(known)}.")
        request = cls(**{**values, "prompt": check_prompt(str(values.get("prompt", "")))})
        _choice("preset", request.preset, PRESETS)
        _choice("quality", request.quality, QUALITIES)
        _choice("topology", request.topology, TOPOLOGIES)
        if request.topology == "fixed":
            raise RequestError("Topology fixed is not built yet: use per-frame, or auto, which takes it.")
        _whole("seed", request.seed, 0, 2**31 - 1)
        _whole("frames", request.frames, 1, 250)
        _whole("fps", request.fps, 1, 120)
        for name in ("static_steps", "dynamic_steps", "super_resolution_steps"):
            if getattr(request, name) is not None:
                _whole(name, getattr(request, name), 0, 1_000_000)
        return request

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    def canonical_prompt(self) -> str:
        """The prompt as the preset's models read it. Raises PromptError where they do not know its words."""
        vocabulary = Vocabulary.read(PRESETS[self.preset].video.parent)
        return self.prompt if vocabulary is None else canonical_prompt(self.prompt, vocabulary)

    def resolved_quality(self) -> Quality:
        """The quality with this request's own step counts."""
        quality = QUALITIES[self.quality]
        for stage in ("static", "dynamic", "super_resolution"):
            steps = getattr(self, f"{stage}_steps")
            if steps is not None:
                quality = replace(quality, **{stage: replace(getattr(quality, stage), steps=steps)})
        return quality


def _choice(name: str, value: Any, choices: Any) -> None:
    if value not in choices:
        raise RequestError(f"There is no {name} {value!r}: choose {' or '.join(choices)}.")


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{name} is {value!r}: give a whole number from {low} to {high}.")
