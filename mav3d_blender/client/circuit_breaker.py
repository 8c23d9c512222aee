"""Keeps an engine that ends again and again from being started for ever."""

from __future__ import annotations

from collections import deque


class CircuitBreaker:
    """At most `most` starts in `seconds` without a job having come to its end between them; after that none, until `reset`."""

    def __init__(self, most: int = 3, seconds: float = 300.0) -> None:
        self.most, self.seconds = most, seconds
        self.open = False
        self._starts: deque[float] = deque()

    def may_start(self, now: float) -> bool:
        """Whether one more start is allowed at `now`, seconds of a clock that never goes back. It counts if it is."""
        while self._starts and now - self._starts[0] >= self.seconds:
            self._starts.popleft()
        if self.open or len(self._starts) >= self.most:
            self.open = True
            return False
        self._starts.append(now)
        return True

    def reset(self) -> None:
        """Forgets all starts: a job came to its end, or a person asked for it."""
        self._starts.clear()
        self.open = False

    @property
    def sentence(self) -> str:
        return f"The engine ended {self.most} times within {self.seconds / 60:.0f} minutes and is not started again by itself."
