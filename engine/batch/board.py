"""How the jobs of a batch stand, and their record beside the job folders: batch.json."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.batch.entries import RECORDS, SHEET, Entry
from engine.batch.sheet import sheet
from engine.contract.errors import WriteError
from engine.files import write_text
from engine.job.folder import JobFolder

WAITING, RUNNING, FINISHED, STOPPED, FAILED, REFUSED = "waiting", "running", "finished", "stopped", "failed", "refused"
# Seconds between two writings of the sheet, and how many times longer than writing it that is at least.
WRITE_EVERY, WRITE_SHARE = 5.0, 20.0
# By the type of a job's last message.
STATES = {"result": FINISHED, "cancelled": STOPPED, "error": FAILED}


@dataclass
class Standing:
    """How one job stands. row, name, prompt: of its entry. state: one of this module's. sentence: why it ended as it did, or
    how far it is. seconds: of work in all, over all calls. seed: None until it is known. figures: of asset.json, by name."""

    row: int
    name: str
    prompt: str
    state: str = WAITING
    sentence: str = ""
    seconds: float = 0.0
    seed: int | None = None
    figures: dict[str, Any] = field(default_factory=dict)


class Board:
    """The standings of a batch in `output` by row, which are written as the sheet and the record while it runs.

    clock: seconds, monotonic. Raises WriteError where `output` can't be written.
    """

    def __init__(self, output: Path, entries: list[Entry], clock: Callable[[], float] = time.monotonic) -> None:
        self.output, self.clock = output, clock
        seconds = _earlier_seconds(output)
        self.standings = {entry.row: _standing(entry, seconds) for entry in entries}
        self._began: dict[int, float] = {}
        self._due = -1.0
        self.write()

    def begin(self, row: int) -> None:
        """The job of this row is worked on, if it was not yet."""
        if row not in self._began:
            self.standings[row].state = RUNNING
            self._began[row] = self.clock()
            self._write_if_due()

    def hear(self, row: int, message: dict[str, Any]) -> None:
        """Takes a message of the row's job, which is worked on then."""
        self.begin(row)
        standing = self.standings[row]
        if message["type"] == "started":
            standing.seed = message["seed"]
        elif message["type"] == "progress":
            standing.sentence = f"{message['stage'].replace('_', '-')} {message['step']} of {message['steps']}"
        self._write_if_due()

    def end(self, row: int, outcome: dict[str, Any]) -> None:
        """The row's job is over with this last message."""
        self.begin(row)
        standing = self.standings[row]
        standing.seconds += self.clock() - self._began.pop(row)
        standing.state = STATES[outcome["type"]]
        standing.sentence = outcome.get("advice", "") if standing.state == FINISHED else outcome["message"]
        if standing.state == FINISHED:
            about = _about(JobFolder(self.output / standing.name).asset / "asset.json")
            standing.seed = about.get("seed", standing.seed)
            standing.figures = figures(about.get("metrics", {}))
        self._write_if_due()

    def is_running(self, row: int) -> bool:
        """Whether the job of this row is worked on."""
        return row in self._began

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state, of the states that there are."""
        states = [each.state for each in self.standings.values()]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    def write(self) -> None:
        """Writes the record and the sheet. Raises WriteError."""
        standings = list(self.standings.values())
        began = self.clock()
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            record = {"format": 1, "jobs": [asdict(each) for each in standings]}
            write_text(self.output / RECORDS, json.dumps(record, indent=1) + "\n")
            write_text(self.output / SHEET, sheet(standings, self.output))
        except OSError as error:
            raise WriteError(f"Can't write to {self.output} ({error.strerror or error}): make room or mend access.") from error
        ended = self.clock()
        self._due = ended + max(WRITE_EVERY, WRITE_SHARE * (ended - began))

    def _write_if_due(self) -> None:
        if self.clock() >= self._due:
            self.write()


def figures(metrics: dict[str, Any], above: str = "") -> dict[str, Any]:
    """The numbers and texts in an asset's metrics by dotted name; lists, which are of frames and bones, are left out."""
    found: dict[str, Any] = {}
    for name, value in metrics.items():
        if isinstance(value, dict):
            found |= figures(value, f"{above}{name}.")
        elif isinstance(value, int | float | str) and value != "":
            found[above + name] = value
    return found


def _standing(entry: Entry, seconds: dict[str, float]) -> Standing:
    """How an entry stands before anything is done. seconds: by name, of earlier calls."""
    if entry.request is None:
        return Standing(entry.row, entry.name, entry.prompt, REFUSED, entry.fault)
    seed = entry.request.seed if entry.seeded else None
    return Standing(entry.row, entry.name, entry.prompt, seconds=seconds.get(entry.name, 0.0), seed=seed)


def _earlier_seconds(output: Path) -> dict[str, float]:
    """By name, the seconds that jobs took before this call; nothing where there is no record that can be read."""
    found = {}
    for job in _about(output / RECORDS).get("jobs", []):
        if isinstance(job, dict) and isinstance(job.get("seconds"), int | float) and job["seconds"] >= 0:
            name = str(job.get("name"))
            # A row that was refused may have another's name, and no seconds.
            found[name] = max(found.get(name, 0.0), float(job["seconds"]))
    return found


def _about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return about if isinstance(about, dict) else {}
