"""Prompts as sentences: checked, and put into the words of a small model. Standard library only, so that a no is quick."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelError, PromptError

LONGEST = 400


@dataclass(frozen=True)
class Vocabulary:
    """The words a small model knows.

    colours, objects, motions: each word of the model with its synonyms. ignored: words without a meaning of their own.
    default_colours: what an object is coloured when the prompt does not say.
    """

    colours: dict[str, list[str]]
    objects: dict[str, list[str]]
    motions: dict[str, list[str]]
    ignored: list[str]
    default_colours: dict[str, str]
    default_motion: str

    @classmethod
    def read(cls, folder: Path) -> Vocabulary | None:
        """The vocabulary of the model in `folder`; None where it has none and takes any text."""
        path = folder / "vocabulary.json"
        if not path.exists():
            return None
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError, OSError) as error:
            raise ModelError(f"{path} is damaged ({error}). Install the model again.") from error

    def described(self) -> str:
        return (
            f"colours {', '.join(self.colours)}; objects {', '.join(self.objects)}; motions {', '.join(self.motions)}"
        )


def check_prompt(text: str) -> str:
    """The prompt with its white space tidied. Raises PromptError if it is empty or overlong."""
    tidy = " ".join(text.split())
    if not tidy:
        raise PromptError('The prompt is empty: say what to make, for example "a red ball bouncing".')
    if len(tidy) > LONGEST:
        raise PromptError(f"The prompt has {len(tidy)} characters: shorten it to {LONGEST} or fewer.")
    return tidy


def canonical_prompt(text: str, vocabulary: Vocabulary, still: bool = False, seen: tuple[str, str] = ("", "")) -> str:
    """The prompt in the model's own words, "colour object motion"; the motion is left out of account if `still`.

    seen: the colour and the object in a picture, for a prompt that names none; empty where there is none. Raises PromptError as
    `words_of`, and where there is no object at all.
    """
    words = words_of(text, vocabulary)
    shape = words["objects"] or seen[1]
    if not shape:
        raise PromptError(f"The prompt names no object: name one of {', '.join(vocabulary.objects)}.")
    colour = words["colours"] or seen[0] or vocabulary.default_colours[shape]
    motion = (None if still else words["motions"]) or vocabulary.default_motion
    return f"{colour} {shape} {motion}"


def words_of(text: str, vocabulary: Vocabulary) -> dict[str, str | None]:
    """The model's words for what the prompt says, by kind: "colours", "objects", "motions"; None where it says nothing.

    Word order, articles, plurals and synonyms do not matter. Raises PromptError naming any word the model does not know, and
    where there is more than one of a kind.
    """
    left = " " + re.sub(r"[^\w]+", " ", check_prompt(text).lower()) + " "
    found: dict[str, list[str]] = {}
    for kind in ("motions", "objects", "colours"):
        left, found[kind] = _take(left, getattr(vocabulary, kind))
    unknown = [word for word in left.split() if word not in vocabulary.ignored and word != "|"]
    if unknown:
        names = " and ".join(f'"{word}"' for word in dict.fromkeys(unknown))
        raise PromptError(
            f"The built-in models do not know {names}. They know the {vocabulary.described()}. "
            "Use these words, or a preset with public models."
        )
    for kind in ("objects", "colours", "motions"):
        if len(found[kind]) > 1:
            names = " and ".join(f'"{word}"' for word in found[kind])
            raise PromptError(f"The prompt names several {kind} ({names}): the built-in models make one at a time, keep one.")
    return {kind: words[0] if words else None for kind, words in found.items()}


def _take(text: str, words: dict[str, list[str]]) -> tuple[str, list[str]]:
    """Cuts every known phrase out of `text`, the longest first; returns what is left and the words found, in order."""
    phrases = {phrase: word for word, synonyms in words.items() for phrase in (word, *synonyms)}
    places: dict[int, str] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        for match in re.finditer(rf"(?<= ){re.escape(phrase)}(?= )", text):
            places.setdefault(match.start(), phrases[phrase])
        # Same length, so that places stay comparable; the bar keeps neighbours from joining into a new phrase.
        text = re.sub(rf"(?<= ){re.escape(phrase)}(?= )", lambda match: "|".ljust(len(match[0])), text)
    return text, list(dict.fromkeys(word for _, word in sorted(places.items())))
