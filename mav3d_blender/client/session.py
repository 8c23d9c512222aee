"""Jobs and the engine that does them, as the panel and scripts use them. No bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..jobs.store import Job, JobError, JobStore
from .assignments import Assignments
from .circuit_breaker import CircuitBreaker
from .events import Event, Limits
from .messages import GOES_ON
from .process import EngineProcess
from .scheduler import Work

__all__ = ["Event", "JobError", "Limits", "Session"]


class Session:
    """Takes what is asked for, and `tick` does it: call that often. Nothing here ever waits but `close`.

    The engine is started when it is first needed. What can't be done raises JobError, one sentence, and has changed nothing.

    store: loaded already. make_process: an engine that is not started yet.
    """

    def __init__(
        self,
        store: JobStore,
        make_process: Callable[[], EngineProcess],
        limits: Limits | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self.store, self.limits = store, limits or Limits()
        self._assigned = Assignments(store)
        self._work = Work(self._assigned, make_process, self.limits, breaker or CircuitBreaker())
        self._refreshed: float | None = None

    def generate(self, request: dict[str, Any], target: dict[str, Any] | None = None) -> Job:
        """A new job, which begins when the engine is free. request: as the engine takes it; target: plain values."""
        job = self.store.new(request, target or {})
        self._assigned.queue(job)
        return job

    def resume(self, name: str, changes: dict[str, Any] | None = None) -> Job:
        """Goes on with a job that has ended, from its last checkpoint, with some settings changed."""
        job = self.store.claim(name)
        changes = {**job.changes, **(changes or {})}
        again = replace(job, state="QUEUED", stage="", step=0, steps=0, eta_s=0.0, message="", advice="", imported=False)
        # The engine knows nothing yet of a job that has not begun.
        again = replace(again, changes=changes) if job.begun else replace(again, request=job.request | changes, changes={})
        self._assigned.put(again)
        self._assigned.queue(again, job)
        return again

    def retry(self, name: str) -> Job:
        """A new job with the request of an earlier one."""
        job = self._job(name)
        return self.generate(job.request, job.target)

    def cancel(self, name: str) -> None:
        """Stops a job: what there is of it is kept."""
        job = self._job(name)
        if not job.active:
            raise JobError("The job has ended already.")
        if not self.store.owns(name):
            raise JobError("The job runs in another Blender: cancel it there.")
        self._work.cancel(job)

    def remove(self, name: str) -> None:
        """Deletes a job that has ended, with its folder."""
        self.store.remove(name)
        self._assigned.tell(Event("job", name))

    def aim(self, name: str, target: dict[str, Any]) -> None:
        """The job's result is to go elsewhere. target: plain values."""
        job = self._job(name)
        if not self.store.owns(name):
            raise JobError("The job runs in another Blender, which places it.")
        self._assigned.put(replace(job, target=target))

    def imported(self, name: str) -> None:
        """Its result has been placed."""
        self._assigned.put(replace(self._job(name), imported=True))

    def estimate(self, request: dict[str, Any]) -> None:
        """Asks what a request would take; an "estimate" event brings the answer to the newest question."""
        self._work.estimates.ask(request)

    def start(self) -> None:
        """Starts the engine at the next tick, also where it has ended too often to be started by itself."""
        self.reset()
        self._work.wanted = True

    def reset(self) -> None:
        """Allows starts again."""
        self._work.breaker.reset()

    def stop_engine(self) -> None:
        """Ends the engine, which gives its memory back. What runs or waits is interrupted, and can be resumed."""
        self.reset()
        self._work.stop()

    def close(self, timeout: float) -> None:
        """Blender ends: so does the engine, within `timeout` seconds and a moment, and jobs are saved as interrupted."""
        for job in self._active():
            state = "CANCELLED" if job.state == "CANCELLING" else "INTERRUPTED"
            self._assigned.settle(job, state, f"Blender was closed. {GOES_ON}")
        self._work.close(timeout)

    def tick(self, now: float) -> list[Event]:
        """One look at everything; what happened since the last. now: seconds of a clock that never goes back."""
        self._work.tick(now)
        if self._refreshed is None or now - self._refreshed >= self.limits.refresh:
            self._refreshed = now
            changed, sentences = self.store.refresh()
            for name in changed:
                self._assigned.tell(Event("job", name))
            for sentence in sentences:
                self._assigned.tell(Event("error", message=sentence))
        return self._assigned.told()

    @property
    def busy(self) -> bool:
        """Whether something is under way that the next tick may change."""
        under_way = self.state in ("starting", "stopping") or self._work.wanted or self._work.estimates.open
        return under_way or bool(self._active())

    @property
    def running(self) -> Job | None:
        """The job that the engine works on."""
        return next((job for job in map(self.store.get, self._assigned.sent) if job and job.id in self._assigned.began), None)

    def unfinished(self) -> list[Job]:
        """Jobs that were interrupted, the oldest first."""
        return [job for job in self.store.jobs() if job.state == "INTERRUPTED"]

    @property
    def state(self) -> str:
        """Of the engine: "stopped", "starting", "ready", "stopping" or "failed"."""
        process = self._work.process
        if self._work.breaker.open:
            return "failed"
        return process.state if process is not None else "stopped"

    @property
    def engine_state(self) -> str:
        """The engine's state in a sentence, with what to do where it failed."""
        if self.state == "ready":
            return f"Ready: version {self.hello.get('engine', '?')} on {self.hello.get('device', '?')}"
        return self._work.why_failed() or self.state.capitalize()

    @property
    def hello(self) -> dict[str, Any]:
        """What the engine opened with; empty before that."""
        return self._work.process.hello if self._work.process is not None else {}

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the engine's log."""
        return self._work.process.log_tail(lines) if self._work.process is not None else ""

    def _active(self) -> list[Job]:
        """Jobs of this Blender that have not ended."""
        return [job for job in self.store.jobs() if job.active and self.store.owns(job.id)]

    def _job(self, name: str) -> Job:
        job = self.store.get(name)
        if job is None:
            raise JobError(f"There is no job {name}.")
        return job
