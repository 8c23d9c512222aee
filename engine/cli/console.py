"""Messages on a command line: as they are, or as lines for people.

What a console can't take costs the line and not the work: a character that it has no code for becomes a question mark, and a
pipe that nobody reads or a device that is full ends the printing.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

from engine.contract import protocol


class Console:
    """Prints messages: as JSON of the protocol, one a line, or for people; errors for people go to stderr."""

    def __init__(self, json: bool = False) -> None:
        self.json = json

    def emit(self, message: dict[str, Any], note: str | None = None) -> None:
        """Prints a message. note: the line for people in place of what it would be."""
        if self.json:
            self._print(protocol.encode(message))
            return
        kind = message["type"]
        if note:
            self._print(note)
        elif kind == "error":
            # Below a line that still shows progress.
            lead = "\n" if _is_terminal(sys.stdout) else ""
            self._print(lead + f"{message['message']} {message['advice']}".strip(), error=True)
        elif kind == "started":
            self._print(
                f'"{message["prompt"]}" with preset {message["preset"]}, quality {message["quality"]}, seed {message["seed"]}'
            )
        elif kind == "progress":
            self._print_progress(message)
        elif kind == "gate" and message["faults"]:
            # Where the job does not keep going, the error that follows says it with what to do.
            self._print(f"\nGate: {'; '.join(message['faults'])}.")
        elif kind == "connection":
            self._print(f"\n{message['message']}", error=True)
        elif kind == "note":
            self._print(message["message"])
        elif kind == "cancelling":
            self._print("\nStopping: a checkpoint is written, and the scene so far becomes an asset. Again to leave at once.")
        elif kind == "result":
            self._print(f"\nAsset: {message['path']}")
            if "advice" in message:
                self._print(message["advice"])

    def note(self, line: str, error: bool = False) -> None:
        """A line for people alone, on stdout or stderr."""
        self._print(line, error=error)

    def _print_progress(self, message: dict[str, Any]) -> None:
        """A bar that is drawn over itself on a terminal; elsewhere a line now and then."""
        done, steps = message["step"], message["steps"]
        bar = "#" * (20 * done // steps)
        name = message["stage"].replace("_", "-")
        line = f"{name:<17} [{bar:<20}] {done:>4}/{steps}  {duration(message['eta_s'])} left"
        if _is_terminal(sys.stdout):
            self._print(f"\r{line}\033[K", end="\n" if done == steps else "")
        elif done == steps or done % max(1, steps // 10) == 0:
            self._print(line)

    def _print(self, line: str, end: str = "\n", error: bool = False) -> None:
        stream: TextIO | None = sys.stderr if error else sys.stdout
        if stream is None:
            return
        try:
            print(_printable(line, stream), end=end, file=stream, flush=True)
        except (OSError, ValueError):
            _discard_output(stream)


def duration(seconds: float) -> str:
    """Seconds in words: "40 s", "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _printable(line: str, stream: TextIO) -> str:
    """The line without what the stream's encoding, or UTF-8 itself, has no code for."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return line.encode(encoding, "replace").decode(encoding, "replace")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _discard_output(stream: TextIO) -> None:
    """From here on, what is printed to `stream` is lost without a word, also what Python still holds back at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        # A stream that is closed, or none of the system's, has nothing to hold back.
        pass
