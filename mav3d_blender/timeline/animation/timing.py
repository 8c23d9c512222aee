"""When a clip's frames are shown: where it starts, how far its frames are apart, and what comes after the last."""

from __future__ import annotations

from dataclasses import dataclass

REPEATS = ("HOLD", "LOOP", "PING_PONG")


@dataclass(frozen=True)
class Timing:
    """Clip frame i is at timeline frame start + i * spacing.

    repeat: "HOLD" keeps the first and last frame before and after; "LOOP" begins again one spacing after the last, for ever,
    both ways; "PING_PONG" runs back and forth.
    """

    start: float = 1
    spacing: float = 1.0
    repeat: str = "HOLD"

    def at(self, index):
        """The timeline frame of clip frame `index`, a number or an array."""
        return self.start + self.spacing * index

    def knots(self, count: int) -> int:
        """The index at which a curve for `count` clip frames ends: the last, or, of a loop, the first once more."""
        return count if self.repeat == "LOOP" else count - 1
