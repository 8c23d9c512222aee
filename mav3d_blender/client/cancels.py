"""Cancels that wait for the engine's answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .events import Limits


@dataclass
class _Cancel:
    """since: seconds of the first look at it; None until then. acknowledged: whether the engine has answered "cancelling"."""

    since: float | None = None
    acknowledged: bool = False


class Cancels:
    """The open cancels by job id.

    An engine that does not answer in time is interrupted, then killed; but not for a job that it has not begun while it works
    on another.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, _Cancel] = {}

    def ask(self, job_id: str) -> bool:
        """Adds a cancel; False where there is one already."""
        if job_id in self._open:
            return False
        self._open[job_id] = _Cancel()
        return True

    def acknowledge(self, job_id: str) -> None:
        """The engine has answered "cancelling"."""
        self._open.setdefault(job_id, _Cancel()).acknowledged = True

    def drop(self, job_id: str) -> None:
        """The job has ended."""
        self._open.pop(job_id, None)

    def clear(self) -> None:
        """All jobs have ended."""
        self._open.clear()

    def overdue(self, now: float, begun: Collection[str]) -> str:
        """What is due at `now` seconds: "interrupt", "kill" or "". begun: ids of the jobs that the engine works on."""
        due = set()
        for job_id, cancel in self._open.items():
            if begun and job_id not in begun:
                cancel.since = None
                continue
            cancel.since = now if cancel.since is None else cancel.since
            waited = now - cancel.since
            if waited >= self._limits.cancel:
                due.add("kill")
            elif waited >= self._limits.acknowledge and not cancel.acknowledged and job_id in begun:
                due.add("interrupt")
        return "kill" if "kill" in due else "".join(due)
