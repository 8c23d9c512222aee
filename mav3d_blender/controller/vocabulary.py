"""Which words the built-in models know, said while one types. No bpy; the engine has the last word."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

KINDS = ("objects", "colours", "motions")


@dataclass(frozen=True)
class Vocabulary:
    """words: of each kind, a model's word with its synonyms. ignored: words without a meaning of their own."""

    words: dict[str, dict[str, list[str]]]
    ignored: frozenset[str]

    def listed(self, kind: str) -> str:
        """The model's own words of a kind, for people."""
        return ", ".join(self.words[kind])


def read_vocabulary(path: Path) -> Vocabulary | None:
    """The vocabulary in a file; None where there is none, or none that can be read."""
    try:
        values = json.loads(path.read_text("utf-8"))
        return Vocabulary({kind: dict(values[kind]) for kind in KINDS}, frozenset(values["ignored"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def objection(prompt: str, vocabulary: Vocabulary, pictured: bool = False) -> str:
    """Why the built-in models can't take the prompt, in a few words; empty where they can. pictured: whether a picture shows
    the object, which the prompt then need not name."""
    text, found = f" {re.sub(r'[^0-9a-z]+', ' ', prompt.lower()).strip()} ", {}
    for kind in ("motions", "objects", "colours"):
        phrases = {phrase: word for word, others in vocabulary.words[kind].items() for phrase in (word, *others)}
        found[kind] = set()
        for phrase in sorted(phrases, key=len, reverse=True):
            if f" {phrase} " in text:
                text = text.replace(f" {phrase} ", " | ")
                found[kind].add(phrases[phrase])
    unknown = [word for word in text.split() if word != "|" and word not in vocabulary.ignored]
    if unknown:
        return "Unknown: " + ", ".join(dict.fromkeys(unknown))
    if not found["objects"] and not pictured:
        return "Name an object"
    several = next((kind for kind in KINDS if len(found[kind]) > 1), None)
    if several:
        return f"One of the {several} at a time: {', '.join(sorted(found[several]))}"
    return ""
