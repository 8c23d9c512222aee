"""The words that a small model knows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import words
from .errors import ModelError

KINDS = ("colours", "objects", "motions")
# Those that only models of bodies that bend know.
BODY_KINDS = ("limb_motions", "sizes", "speeds")
# By preset whose models come with the engine: the folder of their words, and the preset that takes what it has no words for.
MODELS = Path(__file__).resolve().parents[1] / "models"
BUILT_IN = {"primitives": (MODELS / "primitives", "creatures"), "creatures": (MODELS / "creatures", "")}
# What the kinds are called in messages.
KIND_NAMES = {
    "colours": "colors", "objects": "objects", "motions": "motions", "limb_motions": "limb motions", "sizes": "sizes",
    "speeds": "speeds",
}  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """colours, objects, motions: each word of the model with its synonyms. ignored: words without a meaning of their own.

    default_colours: what an object is coloured when the prompt does not say. default_motion: the same of motions.
    palette: sRGB in [0, 1] of each colour.

    Models of bodies that bend know more: second_colours: what an object's other colour is when the prompt does not say.
    limb_motions, sizes, speeds: further words, with their synonyms. suits: the objects that have a limb motion. lacks: what an
    object has not got that has it not, such as "no wings".
    """

    colours: dict[str, list[str]]
    objects: dict[str, list[str]]
    motions: dict[str, list[str]]
    ignored: list[str]
    default_colours: dict[str, str]
    default_motion: str
    palette: dict[str, list[float]]
    second_colours: dict[str, str] = field(default_factory=dict)
    limb_motions: dict[str, list[str]] = field(default_factory=dict)
    suits: dict[str, list[str]] = field(default_factory=dict)
    lacks: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, list[str]] = field(default_factory=dict)
    speeds: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Any) -> Vocabulary:
        """The inverse of `as_dict`. Raises ValueError or TypeError where `values` are no vocabulary."""
        # Models from before the palette was written beside them have the built-in one.
        vocabulary = cls(**{"palette": words.PALETTE, **values})
        for kind in vocabulary.kinds:
            dict(getattr(vocabulary, kind))
        return vocabulary

    @classmethod
    def read(cls, folder: Path) -> Vocabulary | None:
        """The vocabulary of the model in `folder`; None where it has none and takes any text. Raises ModelError."""
        path = folder / "vocabulary.json"
        if not path.exists():
            return None
        try:
            return cls.from_dict(json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError, OSError) as error:
            raise ModelError(f"{path} is damaged ({error}). Install the model again.") from error

    def as_dict(self) -> dict[str, Any]:
        """What vocabulary.json and `hello` hold."""
        return asdict(self)

    def described(self) -> str:
        """All words of the model, for people."""
        return "; ".join(f"{KIND_NAMES[kind]} {', '.join(getattr(self, kind))}" for kind in self.kinds)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of words that the model knows, by the names of their fields."""
        return (*KINDS, *BODY_KINDS) if self.limb_motions else KINDS


def built_in_vocabulary() -> Vocabulary:
    """The words of the models that come with the engine."""
    return Vocabulary(
        words.COLOURS, words.OBJECTS, words.MOTIONS, words.IGNORED, words.DEFAULT_COLOURS, words.DEFAULT_MOTION, words.PALETTE
    )


@lru_cache(maxsize=len(BUILT_IN))
def words_of_preset(name: str) -> tuple[Vocabulary, ...]:
    """The words that a preset's models know, then those of the preset beside it; none where its models do not come with the
    engine, or their words can't be read."""
    found = []
    while name in BUILT_IN:
        folder, name = BUILT_IN[name]
        try:
            known = Vocabulary.read(folder)
        except ModelError:
            # The engine says what is wrong when it starts.
            known = None
        found += [known] if known is not None else []
    return tuple(found)
