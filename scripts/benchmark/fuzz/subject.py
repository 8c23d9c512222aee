"""One kind of input: what is damaged, how, and what then reads it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmark.fuzz.mutations import Mutation


@dataclass(frozen=True)
class Subject:
    """name: of the kind, in the table. file: what it is called. content: whole. mutations: what damages it. read: takes a
    folder with the damaged file in it; raises what its readers raise where they refuse it."""

    name: str
    file: str
    content: bytes
    mutations: tuple[Mutation, ...]
    read: Callable[[Path], None]


def draw_mutation(subject: Subject, draw: random.Random) -> bytes:
    """The subject's content after one to three mutations."""
    content = subject.content
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        content = draw.choice(subject.mutations)(content, draw) if content else content
    return content
