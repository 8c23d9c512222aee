"""Prompts to evaluate on, drawn from the words of the models that know bodies that bend."""

from __future__ import annotations

import random
from collections.abc import Iterator

from engine.models.world.words.lexicon import (
    COLOURS,
    DARK,
    OBJECTS,
    RESTING,
    SIZES,
    SPEEDS,
    STILL,
    WHOLE_MOTIONS,
    Words,
    motions_of,
    natural,
)

# Shares of the prompts that say a second colour, no colour at all, a size, a speed; and of those with a limb motion that say a
# motion of the whole body beside it.
TWO_COLOURS, NO_COLOUR, SIZED, TIMED, BOTH_MOTIONS = 0.15, 0.3, 0.2, 0.15, 0.3


def draw(count: int, seed: int) -> list[Words]:
    """Random combinations, every second one with a limb motion; all objects come once before one comes again."""
    generator = random.Random(seed)
    moving = _in_turn([name for name in OBJECTS if motions_of(name)], generator)
    standing = _in_turn(list(OBJECTS), generator)
    return [_drawn(next(standing if number % 2 else moving), not number % 2, generator) for number in range(count)]


def sentence(words: Words) -> str:
    """As a person would type it: what is the object's own is not said."""
    colours = [] if (words.colour, words.second) == natural(words.object) else [words.colour]
    if words.second not in (DARK, natural(words.object, words.colour)[1]):
        colours.append(words.second)
    size = [words.size] if words.size != "medium" else []
    motions = [motion for motion, none in ((words.limb, RESTING), (words.whole, STILL)) if motion != none]
    speed = [words.speed] if words.speed != "steady" else []
    said = " ".join([*size, *([" and ".join(colours)] if colours else []), words.object, " and ".join(motions), *speed])
    return " ".join(f"{'an' if said[0] in 'aeiou' else 'a'} {said}".split())


def _in_turn(names: list[str], generator: random.Random) -> Iterator[str]:
    """All of `names` in a random order, and again."""
    while True:
        yield from generator.sample(names, len(names))


def _drawn(name: str, has_limb_motion: bool, generator: random.Random) -> Words:
    colour = None if generator.random() < NO_COLOUR else generator.choice(list(COLOURS))
    second = None
    if colour and generator.random() < TWO_COLOURS:
        second = generator.choice([other for other in COLOURS if other != colour])
    limb = generator.choice(motions_of(name)) if has_limb_motion else RESTING
    whole = generator.choice(WHOLE_MOTIONS)
    if has_limb_motion and generator.random() >= BOTH_MOTIONS:
        whole = STILL
    size = generator.choice(SIZES[1:]) if generator.random() < SIZED else "medium"
    moves = limb != RESTING or whole != STILL
    speed = generator.choice(list(SPEEDS)[1:]) if moves and generator.random() < TIMED else "steady"
    return Words(*natural(name, colour, second), name, limb, whole, size, speed)
