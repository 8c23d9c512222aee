"""Prompts to evaluate on, drawn from the built-in models' vocabulary."""

from __future__ import annotations

import random
from dataclasses import dataclass

from engine.contract.errors import PromptError
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES


@dataclass(frozen=True)
class Words:
    colour: str
    shape: str
    motion: str

    @property
    def prompt(self) -> str:
        """As a sentence."""
        return f"{'an' if self.colour == 'orange' else 'a'} {self.colour} {self.shape} {self.motion}"

    @property
    def canonical(self) -> str:
        """In the models' own words."""
        return f"{self.colour} {self.shape} {self.motion}"

    @classmethod
    def of(cls, canonical: str) -> Words:
        """From "colour object motion". Raises PromptError for anything else."""
        words = canonical.split()
        if len(words) != 3 or words[0] not in COLOURS or words[1] not in SHAPES or words[2] not in MOTIONS:
            raise PromptError(f'"{canonical}" can\'t be judged: give color, object and motion, such as "red ball bouncing".')
        return cls(*words)


def draw(count: int, seed: int) -> list[Words]:
    """Random combinations that go through every motion before one comes again."""
    generator = random.Random(seed)
    motions = [motion for _ in range(count) for motion in generator.sample(list(MOTIONS), len(MOTIONS))]
    return [Words(generator.choice(list(COLOURS)), generator.choice(list(SHAPES)), motion) for motion in motions[:count]]
