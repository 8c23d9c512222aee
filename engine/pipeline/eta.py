"""How long a run still takes, from the steps it has taken."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable

from engine.config.quality import StageSettings

# Steps that a stage's speed is read off: the median of so many, for the first ones are not like the others.
RECENT = 15


class Clock:
    """Time left of a run through `stages`, in their order. A stage not begun yet is guessed from the work of its steps.

    now: seconds that only grow.
    """

    def __init__(self, stages: dict[str, StageSettings], now: Callable[[], float] = time.monotonic) -> None:
        self.stages, self.now = stages, now
        self.spans = {stage: deque(maxlen=RECENT) for stage in stages}
        self.begin()

    def begin(self) -> None:
        """A stage begins to step; what came before, such as loading models, is not counted."""
        self.last = self.reported = self.now()

    def tick(self, stage: str) -> None:
        """A step has been taken."""
        now = self.now()
        self.spans[stage].append(now - self.last)
        self.last = now

    def due(self, every: float) -> bool:
        """Whether `every` seconds have gone since this last said yes."""
        now = self.now()
        if now - self.reported < every:
            return False
        self.reported = now
        return True

    def left(self, stage: str, step: int) -> float:
        """Seconds left after `step` steps of `stage`, at least one of them taken on this clock."""
        rate = statistics.median(self.spans[stage])
        left = rate * (self.stages[stage].steps - step)
        names = list(self.stages)
        for later in names[names.index(stage) + 1 :]:
            left += rate * _work(later, self.stages[later]) / _work(stage, self.stages[stage]) * self.stages[later].steps
        return left


def _work(stage: str, settings: StageSettings) -> float:
    """Rays a step, with a constant for the model: good enough for a first guess."""
    frames = 1 if stage == "static" else 4
    return settings.cameras * frames * settings.size**2 + 8000
