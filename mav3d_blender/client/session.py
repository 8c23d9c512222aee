"""Jobs and the engine that does them, as the controller and scripts use them. No bpy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.contract import request as contract
from ..common.durations import done_fraction
from ..jobs.job import Job, JobError
from ..jobs.store import JobStore, goes_on
from .circuit_breaker import CircuitBreaker
from .events import Event, Limits
from .messages import resume_hint
from .process.engine_process import EngineProcess
from .scheduler import Scheduler


class Session:
    """Accepts jobs at once; `tick` does the work, so call it often. Only `close` waits.

    The engine is started when a job or an estimate needs it. What is not possible raises JobError with one sentence and changes
    nothing.

    store: loaded already. make_process: makes an engine that is not started yet. host: the computer that it runs on, "" for
    this one.
    """

    def __init__(
        self,
        store: JobStore,
        make_process: Callable[[], EngineProcess],
        limits: Limits | None = None,
        breaker: CircuitBreaker | None = None,
        host: str = "",
    ) -> None:
        self.host = host
        self.store, self._limits = store, limits or Limits()
        self._scheduler = Scheduler(store, make_process, self._limits, breaker or CircuitBreaker())
        self._refreshed: float | None = None

    def generate(self, request: dict[str, Any], target: dict[str, Any] | None = None) -> Job:
        """Queues a new job. request: as the engine takes it; target: where its result goes, plain JSON values."""
        job = self.store.new(request, target or {}, self.host)
        self._scheduler.enqueue(job)
        return job

    def track(self, request: dict[str, Any], frames: Path, target: dict[str, Any]) -> Job:
        """Queues a new job that makes one mesh of the mesh frames in the folder `frames`, which is moved into the job's."""
        job = self.store.new(request | {"meshes": []}, target, self.host)
        inside = self._move_in(job, frames, "frames")
        return self._enqueue_with(job, {"meshes": [str(inside)]})

    def animate(self, request: dict[str, Any], mesh: Path, target: dict[str, Any], bones: Path | None = None) -> Job:
        """Queues a new job that animates the mesh in the file `mesh`, whose folder is moved into the job's. bones: a file
        beside it with those that the mesh hangs on."""
        job = self.store.new(request | {"mesh": ""}, target, self.host)
        inside = self._move_in(job, mesh.parent, contract.INPUT)
        files = {"mesh": mesh} | ({"bones": bones} if bones is not None else {})
        return self._enqueue_with(job, {name: str(inside / path.name) for name, path in files.items()})

    def resume(self, job_id: str, changes: dict[str, Any] | None = None) -> Job:
        """Queues a job that has ended, to go on from its last checkpoint with `changes` of its settings."""
        job = self.store.claim(job_id)
        if job.host and job.host != self.host:
            raise JobError(f"The job is on {job.host}: choose that under Run Engine On in the preferences of MAV3D.")
        changes = {**job.changes, **(changes or {})}
        again = replace(job, state="QUEUED", stage="", step=0, steps=0, eta_s=0.0, message="", advice="", imported=False)
        again = replace(again, host=self.host, left=False)
        # The engine knows nothing yet of a job that has not begun.
        again = replace(again, changes=changes) if job.begun else replace(again, request=job.request | changes, changes={})
        self._scheduler.put(again)
        self._scheduler.enqueue(again, job)
        return again

    def take_up(self) -> list[str]:
        """Follows the jobs again that an earlier session left on the host; returns their ids."""
        left = [job.id for job in self.store.jobs() if job.left and job.host == self.host and self.store.owns(job.id)]
        for job_id in left:
            self.resume(job_id)
        return left

    def retry(self, job_id: str) -> Job:
        """Queues a new job with the request and target of an earlier one."""
        job = self._job(job_id)
        return self.generate(job.request, job.target)

    def cancel(self, job_id: str, keep: bool = False) -> None:
        """Stops a job, which keeps its checkpoint. keep: also have a result made of what there is, which takes its time."""
        job = self._job(job_id)
        if not job.active:
            raise JobError("The job has ended already.")
        if not self.store.owns(job_id):
            raise JobError("The job runs in another Blender: cancel it there.")
        self._scheduler.cancel(job, keep)

    def remove(self, job_id: str) -> None:
        """Deletes a job that has ended, with its folder."""
        self.store.remove(job_id)
        self._scheduler.report(Event("job", job_id))

    def set_target(self, job_id: str, target: dict[str, Any]) -> None:
        """Changes where the job's result goes. target: plain JSON values."""
        job = self._job(job_id)
        if not self.store.owns(job_id):
            raise JobError("The job runs in another Blender, which places it.")
        self._scheduler.put(replace(job, target=target))

    def mark_imported(self, job_id: str) -> None:
        """Notes that the job's result is in the scene."""
        self._scheduler.put(replace(self._job(job_id), imported=True))

    def estimate(self, request: dict[str, Any]) -> None:
        """Asks what a request would take; an "estimate" event brings the answer to the newest question."""
        self._scheduler.estimate(request)

    def start_engine(self) -> None:
        """Starts the engine at the next tick, also where it has ended too often to be started by itself."""
        self._scheduler.request_start()

    def stop_engine(self) -> None:
        """Ends the engine, which frees its memory. Running and waiting jobs are interrupted, and can be resumed."""
        self._scheduler.stop()

    def close(self, timeout: float) -> None:
        """Ends the engine within `timeout` seconds and a moment, and saves active jobs as interrupted: Blender is closing.

        Those of an engine on another computer go on there; `take_up` finds them.
        """
        for job in self._active_jobs():
            state = "CANCELLED" if job.state == "CANCELLING" else "INTERRUPTED"
            left = state == "INTERRUPTED" and bool(job.host)
            sentence = goes_on(job) if left else f"Blender was closed. {resume_hint(job)}"
            self._scheduler.settle(replace(job, left=left), state, sentence)
        self._scheduler.close(timeout)

    def tick(self, now: float) -> list[Event]:
        """Advances everything, and returns the events since the last call. now: seconds of a clock that never goes back."""
        self._scheduler.tick(now)
        if self._refreshed is None or now - self._refreshed >= self._limits.refresh:
            self._refreshed = now
            changed, sentences = self.store.refresh()
            for job_id in changed:
                self._scheduler.report(Event("job", job_id))
            for sentence in sentences:
                self._scheduler.report(Event("error", message=sentence))
        return self._scheduler.take_events()

    @property
    def busy(self) -> bool:
        """Whether the next tick may change something."""
        return self._scheduler.busy or bool(self._active_jobs())

    @property
    def running(self) -> Job | None:
        """The job that the engine works on."""
        job_id = self._scheduler.running
        return self.store.get(job_id) if job_id is not None else None

    def fraction(self, job: Job) -> float:
        """How much of a running job is done, 0 to 1: of its whole time, or of its stage where the time left is not known."""
        return done_fraction(job.step, job.steps, self._scheduler.elapsed(job.id), job.eta_s)

    @property
    def engine_state(self) -> str:
        """Of the engine: "stopped", "starting", "ready", "stopping" or "failed"."""
        return self._scheduler.state

    @property
    def engine_text(self) -> str:
        """The engine's state in a sentence, with what to do where it failed."""
        if self.engine_state == "ready":
            where = f" of {self.host}" if self.host else ""
            ready = f"Ready: version {self.hello.get('engine', '?')} on {self.hello.get('device', '?')}{where}"
            return self._scheduler.connection or ready
        return self._scheduler.failure or self.engine_state.capitalize()

    @property
    def hello(self) -> dict[str, Any]:
        """The engine's first message; empty before it."""
        process = self._scheduler.process
        return process.hello if process is not None else {}

    def _move_in(self, job: Job, folder: Path, name: str) -> Path:
        """Moves a folder into a new job's; the job is gone where that can't be, and JobError is raised."""
        inside = Path(job.folder) / name
        try:
            shutil.move(folder, inside)
        except OSError as error:
            self.store.put(replace(job, state="FAILED"))
            self.store.remove(job.id)
            raise JobError(f"Can't write to {inside} ({error.strerror or error}): make room or mend access.") from error
        return inside

    def _enqueue_with(self, job: Job, more: dict[str, Any]) -> Job:
        """Queues a new job with more in its request."""
        job = replace(job, request=job.request | more)
        self._scheduler.put(job)
        self._scheduler.enqueue(job)
        return job

    def _active_jobs(self) -> list[Job]:
        """This Blender's jobs that have not ended."""
        return [job for job in self.store.jobs() if job.active and self.store.owns(job.id)]

    def _job(self, job_id: str) -> Job:
        job = self.store.get(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id}.")
        return job
