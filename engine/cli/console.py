"""Messages on a command line: as they are, or as lines for people."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from engine.contract import protocol

# Takes a message, and a line for people in place of what it would be.
Tell = Callable[[dict[str, Any], str | None], None]


def tell(message: dict[str, Any], note: str | None, json: bool) -> None:
    """Prints a message: as `json` of the protocol, else as a line for people, `note` where that is given; errors to stderr."""
    if json:
        print(protocol.encode(message), flush=True)
        return
    kind = message["type"]
    if note:
        print(note, flush=True)
    elif kind == "error":
        sentence = f"{message['message']} {message['advice']}".strip()
        # Below a line that still shows progress.
        print(f"\n{sentence}" if sys.stdout.isatty() else sentence, file=sys.stderr)
    elif kind == "started":
        print(f"\"{message['prompt']}\" with preset {message['preset']}, quality {message['quality']}, seed {message['seed']}")
    elif kind == "progress":
        progress_line(message)
    elif kind == "cancelling":
        print("\nStopping: a checkpoint is written, and the scene so far becomes an asset. Again to leave at once.", flush=True)
    elif kind == "result":
        print(f"\nAsset: {message['path']}", flush=True)
        if "advice" in message:
            print(message["advice"], flush=True)


def progress_line(message: dict[str, Any]) -> None:
    """A bar that is drawn over itself on a terminal; elsewhere a line now and then."""
    done, steps = message["step"], message["steps"]
    bar = "#" * (20 * done // steps)
    name = message["stage"].replace("_", "-")
    line = f"{name:<17} [{bar:<20}] {done:>4}/{steps}  {duration(message['eta_s'])} left"
    if sys.stdout.isatty():
        print(f"\r{line}\033[K", end="\n" if done == steps else "", flush=True)
    elif done == steps or done % max(1, steps // 10) == 0:
        print(line, flush=True)


def duration(seconds: float) -> str:
    """Seconds in words: "40 s", "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
