"""Ctrl-C and its like ask a run to stop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any


def stop_on_signals() -> Callable[[], bool]:
    """A function that says whether the user asked to stop; a second signal ends the process at once."""
    asked: list[int] = []

    def handle(number: int, frame: Any) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
    return lambda: bool(asked)
