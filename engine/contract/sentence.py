"""A prompt put together of words that the models know, as a person picks them one by one."""

from __future__ import annotations

from dataclasses import asdict, replace

from .errors import PromptError
from .prompt import ParsedPrompt, parse_prompt
from .vocabulary import Vocabulary

# Which part of a parsed prompt the words of a kind are.
FIELDS = {
    "colours": "colour", "objects": "object", "motions": "motion", "limb_motions": "limb_motion", "sizes": "size",
    "speeds": "speed",
}  # fmt: skip


def with_word(text: str, vocabulary: Vocabulary, kind: str, word: str) -> str:
    """The prompt `text` with `word` of a kind in the place of what it says of that; an empty word takes it out.

    A text that the vocabulary can't read begins anew. There is always an object: the first that suits. A limb motion that an
    object has not got goes when the object comes, and the other way round.
    """
    said = replace(_read(text, vocabulary), **{FIELDS[kind]: word or None})
    if kind == "colours":
        said = replace(said, second_colour=None)
    if said.limb_motion and said.object and said.object not in vocabulary.suits[said.limb_motion]:
        said = replace(said, **{"limb_motion" if kind == "objects" else "object": None})
    if not said.object:
        said = replace(said, object=next(iter(vocabulary.suits.get(said.limb_motion, vocabulary.objects))))
    return sentence(said, vocabulary)


def word_of(text: str, vocabulary: Vocabulary, kind: str) -> str:
    """What the prompt `text` says of a kind, in the model's own word; empty where it says nothing."""
    return asdict(_read(text, vocabulary))[FIELDS[kind]] or ""


def words_to_pick(text: str, vocabulary: Vocabulary, kind: str) -> list[str]:
    """The words of a kind that go with the prompt `text`: of limb motions, those that its object has."""
    name = word_of(text, vocabulary, "objects")
    words = list(getattr(vocabulary, kind))
    if kind == "limb_motions" and name:
        return [word for word in words if name in vocabulary.suits[word]]
    return words


def sentence(said: ParsedPrompt, vocabulary: Vocabulary) -> str:
    """What is said, as a person would type it."""
    colours = " and ".join(colour for colour in (said.colour, said.second_colour) if colour)
    whole = said.motion if said.motion != vocabulary.default_motion else None
    motions = " and ".join(motion for motion in (said.limb_motion, whole) if motion)
    words = " ".join(word for word in (said.size, colours, said.object, motions, said.speed) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _read(text: str, vocabulary: Vocabulary) -> ParsedPrompt:
    try:
        return parse_prompt(text, vocabulary)
    except PromptError:
        return ParsedPrompt(None, None, None)
