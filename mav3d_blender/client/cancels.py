"""Cancels that wait for the engine's answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .events import Limits


@dataclass
class Cancel:
    """since: when it was asked for; None until that is first looked at. taken: whether the engine has said that it heard."""

    since: float | None = None
    taken: bool = False


class Cancels:
    """By job. An engine that does not answer is interrupted, then killed; but not for a job that it has not begun while it
    works on another."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._asked: dict[str, Cancel] = {}

    def ask(self, job: str) -> bool:
        """Whether it was not asked for before."""
        new = job not in self._asked
        self._asked.setdefault(job, Cancel())
        return new

    def taken(self, job: str) -> None:
        """The engine has heard it."""
        self._asked.setdefault(job, Cancel()).taken = True

    def drop(self, job: str) -> None:
        self._asked.pop(job, None)

    def clear(self) -> None:
        self._asked.clear()

    def overdue(self, now: float, began: Collection[str]) -> str:
        """What is due at `now`: "interrupt", "kill" or nothing. began: the jobs that the engine works on."""
        due = set()
        for job, cancel in self._asked.items():
            if began and job not in began:
                cancel.since = None
                continue
            cancel.since = now if cancel.since is None else cancel.since
            waited = now - cancel.since
            if waited >= self.limits.cancel:
                due.add("kill")
            elif waited >= self.limits.acknowledge and not cancel.taken and job in began:
                due.add("interrupt")
        return "kill" if "kill" in due else "".join(due)
