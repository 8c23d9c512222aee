"""The queue of jobs and estimates: one is worked on at a time, the rest waits in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.contract import protocol
from engine.contract.request import Request
from engine.contract.rig import RigRequest
from engine.contract.track import TrackRequest

SUPERSEDED = protocol.error("superseded", "A newer estimate was asked for.")


@dataclass(eq=False)
class Task:
    """A "generate", "resume", "track", "rig" or "estimate" that was accepted.

    name: of the job; empty for an estimate. request: of "generate" and "estimate"; seeded: whether its seed was given. changes:
    of "resume". track, rig: the request of "track" and of "rig". reply: what the answer to an estimate repeats of its message.
    cancelled: whether it is to be stopped; asset: whether an asset of what there is then is wanted.
    """

    kind: str
    name: str = ""
    folder: Path | None = None
    request: Request | None = None
    seeded: bool = True
    track: TrackRequest | None = None
    rig: RigRequest | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    previews: tuple[str, ...] = ()
    reply: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False
    asset: bool = False


class Queue:
    """Tasks in their order, used by the thread that reads messages and the one that works.

    emit: takes messages; called with the queue locked, so that they leave in the order in which things happened.
    """

    def __init__(self, emit: Callable[[dict[str, Any]], None]) -> None:
        self._emit = emit
        self._changed = threading.Condition(threading.RLock())
        self._waiting: deque[Task] = deque()
        self._running: Task | None = None
        self._places: dict[str, int] = {}

    @property
    def busy(self) -> bool:
        """Whether a task waits or runs."""
        with self._changed:
            return self._running is not None or bool(self._waiting)

    def check_new(self, name: str) -> None:
        """Raises ValueError if a job of this name waits or runs."""
        with self._changed:
            if self._find(name):
                raise ValueError(f"There is a job {name!r} already: wait for it, or give another name.")

    def add(self, task: Task) -> None:
        """Puts a task at the end and reports its place. Raises ValueError for a job that is here already.

        An estimate takes the place of any that waits or is being made: whoever asks again has no use for the older answer,
        which is an error of kind "superseded".
        """
        with self._changed:
            if task.name:
                self.check_new(task.name)
            else:
                self._supersede_estimates()
            self._waiting.append(task)
            self._emit_places()
            self._changed.notify()

    def next(self, timeout: float) -> Task | None:
        """The first that waits, which is running from now; None if there is none in `timeout` seconds."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout)
            if not self._waiting:
                return None
            self._running = self._waiting.popleft()
            return self._running

    def finish(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """The running task is over; reports its last message, which it returns, then the places that have changed.

        A cancelled job that came to its end all the same has been cancelled, with the result to show for it.
        """
        with self._changed:
            task, self._running = self._running, None
            self._places.pop(task.name, None)
            if task.cancelled and not task.name:
                outcome = SUPERSEDED
            if task.cancelled and outcome["type"] == "result":
                path = outcome["path"]
                outcome = protocol.cancelled(f"All steps were done when it was stopped; {path} holds the finished scene.", path)
            self._emit(protocol.of_job(outcome, task.name) if task.name else outcome | task.reply)
            self._emit_places()
            return outcome

    def cancel(self, name: str, asset: bool = False) -> None:
        """Drops a job that waits, or marks the running one as cancelled, and reports it. asset: whether the running one is to
        make an asset of what there is, which takes its time. Raises ValueError if there is none."""
        with self._changed:
            task = self._find(name)
            if task is None:
                raise ValueError(f"There is no job {name!r} that runs or waits.")
            task.cancelled, task.asset = True, asset
            if task is self._running:
                self._emit(protocol.of_job(protocol.cancelling(), name))
                return
            self._drop(task)
            self._emit_places()

    def clear(self) -> None:
        """Drops all that waits, and reports the jobs."""
        with self._changed:
            for task in list(self._waiting):
                self._drop(task)

    def _supersede_estimates(self) -> None:
        for older in [task for task in self._waiting if not task.name]:
            self._waiting.remove(older)
            self._emit(SUPERSEDED | older.reply)
        if self._running is not None and not self._running.name:
            self._running.cancelled = True

    def _drop(self, task: Task) -> None:
        self._waiting.remove(task)
        self._places.pop(task.name, None)
        if task.name:
            self._emit(protocol.of_job(protocol.cancelled("It had not begun; nothing was written."), task.name))

    def _find(self, name: str) -> Task | None:
        tasks = [self._running, *self._waiting] if self._running else list(self._waiting)
        return next((task for task in tasks if task.name == name), None)

    def _emit_places(self) -> None:
        """How many each job waits for, where that has changed."""
        for place, task in enumerate(self._waiting, 1 if self._running else 0):
            if task.name and self._places.get(task.name) != place:
                self._places[task.name] = place
                self._emit(protocol.of_job(protocol.queued(place), task.name))
