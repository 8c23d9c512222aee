"""Time left: of one task whose parts are alike, and of a run through stages whose steps are not."""

from __future__ import annotations

import itertools
import statistics
import time
from collections import deque
from collections.abc import Callable

from engine.config.stage import StageConfig

# Steps that a stage's speed is taken from: their median, since the first ones are not like the others.
RECENT = 15


class TaskEta:
    """Seconds left of a task whose parts take about equally long, which begins now."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()

    def seconds_left(self, done: float, total: float) -> float:
        """After `done` of `total` parts, all of them done since it began; 0 where nothing is done yet."""
        return (self._now() - self._began) / done * (total - done) if done else 0.0


class RunEta:
    """Seconds left of a run through `stages`, in their order. A stage not begun yet is estimated from the work of its steps."""

    def __init__(self, stages: dict[str, StageConfig], now: Callable[[], float] = time.monotonic) -> None:
        self._stages, self._now = stages, now
        self._step_seconds = {stage: deque(maxlen=RECENT) for stage in stages}
        self.begin_stage()

    def begin_stage(self) -> None:
        """A stage begins to step; what came before, such as loading models, is not counted."""
        self._last_step = self._last_report = self._now()

    def count_step(self, stage: str) -> None:
        """A step has been taken."""
        now = self._now()
        self._step_seconds[stage].append(now - self._last_step)
        self._last_step = now

    def report_due(self, every: float) -> bool:
        """Whether `every` seconds have gone since this last said yes."""
        now = self._now()
        if now - self._last_report < every:
            return False
        self._last_report = now
        return True

    def seconds_left(self, stage: str, step: int) -> float:
        """After `step` steps of `stage`, at least one of them counted here."""
        config, seconds = self._stages[stage], self._step_seconds[stage]
        # Where two kinds of step take turns, the median would be one of them.
        rate = statistics.fmean(seconds) if config.image_share else statistics.median(seconds)
        share = step / config.steps if config.steps else 1.0
        # Of the step just taken.
        work = _step_work(stage, config.at(max(0.0, (step - 1) / max(1, config.steps))))
        left = rate / work * _work(stage, config, share)
        names = list(self._stages)
        for later in names[names.index(stage) + 1 :]:
            left += rate / work * _work(later, self._stages[later], 0.0)
        return left


def _work(stage: str, config: StageConfig, share: float) -> float:
    """Of the steps from `share` of the stage to its end."""
    bounds = [share, *(start for start, _ in config.size_milestones if start > share), 1.0]
    parts = ((end - start) * _step_work(stage, config.at(start)) for start, end in itertools.pairwise(bounds))
    return config.steps * sum(parts)


def _step_work(stage: str, config: StageConfig) -> float:
    """Rays a step, with a constant for the model: good enough for a first estimate."""
    frames = 1 if stage == "static" else 4
    return config.cameras * frames * config.size**2 + 8000
