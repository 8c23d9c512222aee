"""Time in words, and how far work is by its time left. Standard library only."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """Seconds in words: "40 s", "2 min 10 s", "1 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def left_text(seconds: float) -> str:
    """The end of a sentence: ", 40 s left"; empty where nothing is known to be left."""
    return f", {duration_text(seconds)} left" if seconds > 0 else ""


def done_fraction(step: float, steps: float, elapsed_s: float = 0.0, left_s: float = 0.0) -> float:
    """How much is done, 0 to 1: of the whole time where seconds are known to be left, else `step` of `steps`."""
    if elapsed_s > 0 and left_s > 0:
        return elapsed_s / (elapsed_s + left_s)
    return max(0.0, min(1.0, step / steps)) if steps > 0 else 0.0
