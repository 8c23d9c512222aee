"""Random draws from the world: what is rendered for training, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.models.world.words.lexicon import (
    COLOURS,
    DARK,
    HELD_OUT_PAIRS,
    NATURAL_COLOURS,
    OBJECTS,
    RESTING,
    SPEEDS,
    WHOLE_MOTIONS,
    Words,
    held_out,
    motions_of,
)

PROPORTIONS = ("", "long", "fat", "tall")
SCENE_SIZES = ("medium", "small", "large")
# Shares of draws.
AT_REST = 0.25
USUAL_PROPORTIONS = 0.8
OWN_COLOURS, OWN_SECOND, DARK_SECOND = 0.25, 0.15, 0.3


@dataclass(frozen=True)
class Situation:
    """What a picture shows beside colours: an object in a limb motion at a phase in [0, 1) of its cycle, and proportions."""

    object: str
    limb: str
    phase: float
    proportions: str = ""


def pick(options, generator: torch.Generator):
    """One of a sequence, all alike."""
    return options[int(torch.randint(len(options), (1,), generator=generator))]


def chance(share: float, generator: torch.Generator) -> bool:
    return float(torch.rand(1, generator=generator)) < share


def draw_situation(generator: torch.Generator) -> Situation:
    """One that training may show; objects with more motions come more often."""
    weights = torch.tensor([1 + 0.35 * len(motions_of(name)) for name in OBJECTS])
    name = OBJECTS[int(torch.multinomial(weights, 1, generator=generator))]
    limbs = [limb for limb in motions_of(name) if (name, limb) not in HELD_OUT_PAIRS]
    limb = RESTING if not limbs or chance(AT_REST, generator) else pick(limbs, generator)
    proportions = "" if chance(USUAL_PROPORTIONS, generator) else pick(PROPORTIONS[1:], generator)
    return Situation(name, limb, float(torch.rand(1, generator=generator)), proportions)


def draw_held_out(generator: torch.Generator) -> Situation:
    """One of the pairs that training never shows."""
    name, limb = pick(sorted(HELD_OUT_PAIRS), generator)
    return Situation(name, limb, float(torch.rand(1, generator=generator)))


def draw_words(name: str, limb: str, proportions: str, generator: torch.Generator, kept: bool = True) -> Words:
    """Words for a picture; those that it does not show (whole-body motion, speed, size in the scene) at random.

    kept: colours that training shows; otherwise colours that it does not.
    """
    for _ in range(1000):
        first, second = draw_colours(name, generator)
        size = proportions or pick(SCENE_SIZES, generator)
        words = Words(first, second, name, limb, pick(WHOLE_MOTIONS, generator), size, pick(list(SPEEDS), generator))
        if held_out(words) != kept:
            return words
    raise ValueError(f"no {'kept' if kept else 'held-out'} colours for {name} {limb}")


def draw_colours(name: str, generator: torch.Generator) -> tuple[str, str]:
    """First and second colour: the object's own, or any first with its own, a dark or any second."""
    own = NATURAL_COLOURS[name]
    share = float(torch.rand(1, generator=generator))
    if share < OWN_COLOURS:
        return own
    first = pick(list(COLOURS), generator)
    if share < OWN_COLOURS + OWN_SECOND:
        return first, own[1]
    if share < OWN_COLOURS + OWN_SECOND + DARK_SECOND:
        return first, DARK
    return first, pick(list(COLOURS), generator)
