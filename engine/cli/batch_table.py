"""The progress of a batch on a console: a line a job."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from engine.batch.board import Board, Standing
from engine.batch.entries import Entry
from engine.cli.console import Console, duration
from engine.contract import protocol

NAME_WIDTH = 36


class BatchTable:
    """Shows how a batch goes. On a terminal, lines of what runs are drawn over themselves below those of what has ended;
    elsewhere, and in JSON, each line is written once."""

    def __init__(self, console: Console, board: Board) -> None:
        self.console, self.board = console, board
        self.in_place = not console.json and sys.stdout is not None and sys.stdout.isatty()
        self._running: dict[str, str] = {}
        self._drawn = 0

    def hear(self, entry: Entry, message: dict[str, Any]) -> None:
        """Takes each message of an entry's job, the last one included."""
        kind, name = message["type"], entry.name
        if self.console.json:
            self.console.emit(protocol.of_job(message, name))
            return
        if kind in ("result", "cancelled", "error"):
            self._running.pop(name, None)
            self._print(_ended(self.board.standings[entry.row]))
        elif kind == "started":
            self._running[name] = _line(name, "begins")
            if not self.in_place:
                self._print(self._running[name])
        elif kind == "progress":
            done, steps = message["step"], message["steps"]
            bar = f"[{'#' * (20 * done // steps):<20}]"
            stage = message["stage"].replace("_", "-")
            self._running[name] = _line(name, f"{stage:<17} {bar} {done:>4}/{steps}  {duration(message['eta_s'])} left")
        if self.in_place:
            self._draw()

    def _print(self, line: str) -> None:
        """A line that stays, above what is drawn over."""
        self._erase()
        self.console.note(line)

    def _draw(self) -> None:
        self._erase()
        width, height = shutil.get_terminal_size()
        counts = self.board.counts()
        lines = list(self._running.values())[: max(height - 2, 1)]
        lines.append(", ".join(f"{count} {state}" for state, count in counts.items()))
        for line in lines:
            # A line that wraps could not be drawn over.
            self.console.note(line[: width - 1])
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            sys.stdout.write(f"\033[{self._drawn}F\033[J")
            self._drawn = 0

    def close(self) -> None:
        """Nothing is drawn over any more."""
        self._erase()


def _ended(job: Standing) -> str:
    seconds = f" in {duration(job.seconds)}" if job.seconds >= 1 else ""
    return _line(job.name, f"{job.state}{seconds}{'. ' + job.sentence if job.sentence else ''}")


def _line(name: str, text: str) -> str:
    short = name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"
    return f"{short:<{NAME_WIDTH}} {text}"
