"""Keeps an engine that ends again and again from being started for ever."""

from __future__ import annotations

from collections import deque


class CircuitBreaker:
    """Allows `max_starts` starts within `seconds` without a finished job between them; after that none, until `reset`."""

    def __init__(self, max_starts: int = 3, seconds: float = 300.0) -> None:
        self.max_starts, self.seconds = max_starts, seconds
        self.open = False
        self._starts: deque[float] = deque()

    def may_start(self, now: float) -> bool:
        """Whether the engine may start at `now`, seconds of a clock that never goes back. Counts the start if it may."""
        while self._starts and now - self._starts[0] >= self.seconds:
            self._starts.popleft()
        if self.open or len(self._starts) >= self.max_starts:
            self.open = True
            return False
        self._starts.append(now)
        return True

    def reset(self) -> None:
        """Forgets all starts: a job has finished, or a person asked for a start."""
        self._starts.clear()
        self.open = False

    @property
    def sentence(self) -> str:
        """Why the engine is not started."""
        minutes = f"{self.seconds / 60:.0f} minutes"
        return f"The engine ended {self.max_starts} times within {minutes} and is not started again by itself."
