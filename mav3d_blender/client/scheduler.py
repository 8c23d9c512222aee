"""Sends jobs to the engine, applies its messages to them, and starts and ends its process. No bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..common.contract import protocol
from ..jobs.job import Job, JobError
from ..jobs.store import JobStore
from . import messages
from .cancels import Cancels
from .circuit_breaker import CircuitBreaker
from .estimates import Estimates
from .events import Event, Limits
from .messages import resume_hint
from .process.engine_process import EngineProcess

NOT_BEGUN = "It had not begun."
BY_HAND = "Look at its log, then start or stop it by hand."


class Scheduler:
    """Drives one engine at a time, and starts it when there is work for it.

    make_process: makes an engine that is not started yet.
    """

    def __init__(
        self, store: JobStore, make_process: Callable[[], EngineProcess], limits: Limits, breaker: CircuitBreaker
    ) -> None:
        self.process: EngineProcess | None = None
        self._store, self._limits, self._breaker = store, limits, breaker
        self._make_process = make_process
        self._cancels, self._estimates = Cancels(limits), Estimates()
        # Ids of the jobs to be sent, of those the engine has, and of those it has begun, with the time of their first message.
        self._waiting: list[str] = []
        self._sent: list[str] = []
        self._begun: dict[str, float] = {}
        # Ids of jobs that are stopped with a result.
        self._kept: set[str] = set()
        # Resumed jobs as they were before.
        self._before: dict[str, Job] = {}
        self._events: list[Event] = []
        # Why the computer that the engine runs on can't be reached; empty while it can.
        self.connection = ""
        self._now = 0.0
        self._start_requested = False
        # About the newest engine: the state that was reported, whether its end was handled, whether it has worked on a job.
        self._state, self._ended, self._worked = "", False, False
        self._last_message_at: float | None = None
        self._idle_since: float | None = None
        self._silence_reported = False

    @property
    def busy(self) -> bool:
        """Whether the next tick may change the engine or answer an estimate."""
        changing = self.process is not None and self.process.state in ("starting", "stopping")
        return changing or self._start_requested or self._estimates.open

    @property
    def running(self) -> str | None:
        """The id of the job that the engine works on."""
        return next((job_id for job_id in self._sent if job_id in self._begun), None)

    @property
    def state(self) -> str:
        """Of the engine: "stopped", "starting", "ready", "stopping" or "failed"."""
        if self._breaker.open:
            return "failed"
        return self.process.state if self.process is not None else "stopped"

    @property
    def failure(self) -> str:
        """Why the engine failed and what to do about it; empty where it has not."""
        if self._breaker.open:
            return f"{self._breaker.sentence} {BY_HAND}"
        if self.process is not None and self.process.state == "failed":
            return f"{self.process.reason} {self.process.advice}".strip()
        return ""

    def elapsed(self, job_id: str) -> float:
        """Seconds that the engine has worked on a job, up to the last tick; 0 where it does not."""
        return self._now - self._begun.get(job_id, self._now)

    def tick(self, now: float) -> None:
        """Takes the engine's messages, and starts, sends and ends what is due. now: seconds of a clock that never goes back."""
        self._now = now
        if self.process is not None:
            received = self.process.poll()
            if received:
                self._last_message_at, self._silence_reported = now, False
            for message in received:
                self._receive(message)
            self._watch_engine()
        self._watch_cancels()
        self._watch_time()
        self._start_engine()
        self._send_waiting()

    def enqueue(self, job: Job, before: Job | None = None) -> None:
        """Sends the job when the engine is ready. before: a resumed job as it was, and is again if the engine refuses it."""
        self._waiting.append(job.id)
        if before is not None:
            self._before[job.id] = before
        self.report(Event("job", job.id))

    def cancel(self, job: Job, keep: bool = False) -> None:
        """Stops an active job. keep: a result of what there is is wanted; a "result" event brings it."""
        if job.id not in self._sent:
            self.settle(job, "CANCELLED", NOT_BEGUN)
        elif self._cancels.ask(job.id):
            self.put(replace(job, state="CANCELLING"))
            if keep:
                self._kept.add(job.id)
            self.send({"type": "cancel", "job": job.id} | ({"asset": True} if keep else {}))

    def estimate(self, request: dict[str, Any]) -> None:
        """Asks what a request would take; an "estimate" event brings the answer to the newest question."""
        self._estimates.ask(request)

    def request_start(self) -> None:
        """Starts the engine at the next tick, also where it has ended too often to be started by itself."""
        self._breaker.reset()
        self._start_requested = True

    def stop(self) -> None:
        """Ends the engine. Waiting jobs are interrupted at once, the running one when it is saved."""
        self._breaker.reset()
        self._start_requested = False
        self._estimates.drop()
        for job in self._jobs([*self._waiting, *(job_id for job_id in self._sent if job_id not in self._begun)]):
            if job.state == "QUEUED":
                self.settle(job, "INTERRUPTED", f"The engine was stopped. {NOT_BEGUN}")
        if self.process is not None:
            self.process.stop()

    def close(self, timeout: float) -> None:
        """Ends the engine for good and forgets its jobs; waits `timeout` seconds and a moment at most."""
        self._start_requested = False
        self._estimates.drop()
        self._waiting.clear()
        self._forget_sent()
        if self.process is not None:
            self.process.close(timeout)
            self.process = None

    def put(self, job: Job) -> None:
        """Stores the job as it is now. A disk that can't be written is reported, and stops nothing."""
        try:
            self._store.put(job)
        except JobError as error:
            self.report(Event("error", job.id, str(error)))
        self.report(Event("job", job.id))

    def settle(self, job: Job, state: str, message: str, advice: str = "") -> None:
        """Ends the job in `state`. A resumed job that did not begin becomes what it was before, with the reason."""
        before = self._before.pop(job.id, None)
        # What is done is done, however it began.
        ended = job if before is None or job.id in self._begun or state == "DONE" else before
        self._let_go(job.id)
        self._cancels.drop(job.id)
        self.put(replace(ended, state=state if ended is job else before.state, message=message, advice=advice))

    def report(self, event: Event) -> None:
        """Adds an event, once a tick."""
        if event not in self._events:
            self._events.append(event)

    def take_events(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message to the engine that runs. One that is too long fails its job."""
        try:
            self.process.send(message)
        except ValueError as error:
            sentence = f"This can't be sent to the engine: {error}."
            job = self._store.get(message.get("job", ""))
            if job is not None:
                self.settle(job, "FAILED", sentence)
            else:
                self._estimates.drop()
            self.report(Event("error", message.get("job", ""), sentence))

    # Messages of the engine.

    def _receive(self, message: dict[str, Any]) -> None:
        job_id = message.get("job")
        if message["type"] == "connection":
            self.connection = messages.text_of(message.get("message")) if message.get("state") == "lost" else ""
            self._events = [event for event in self._events if event.kind != "engine"]
            self.report(Event("engine", message=self.connection))
        elif message["type"] == "estimate" or (message["type"] == "error" and "id" in message):
            if self._estimates.answers(message):
                failed = message["type"] == "error"
                text = messages.error_text(message) if failed else messages.estimate_text(message)
                self.report(Event("error" if failed else "estimate", message=text))
        elif job_id is None and message["type"] == "error":
            self.report(Event("error", message=messages.error_text(message)))
        elif isinstance(job_id, str) and job_id in self._sent:
            job = self._store.get(job_id)
            if job is not None:
                self._receive_of_job(job, message)

    def _receive_of_job(self, job: Job, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "started":
            self._kept.discard(job.id)
        if kind in ("started", "progress"):
            self._begun.setdefault(job.id, self._now)
            self._worked = True
        elif kind == "cancelling":
            self._cancels.acknowledge(job.id)
        elif kind == "error" and message.get("kind") == "protocol" and job.state == "RUNNING":
            self.report(Event("error", job.id, messages.error_text(message)))
            return
        elif kind == "cancelled" and job.state == "QUEUED":
            # The engine leaves and drops what it has not begun; the next engine does it.
            self._let_go(job.id)
            self._cancels.drop(job.id)
            self._waiting.append(job.id)
            self.process.stop()
            return
        after = messages.apply_message(job, message)
        if after == job:
            return
        if after.active:
            self.put(after)
        else:
            self._breaker.reset()
            self.settle(after, after.state, after.message, after.advice)
        if kind == "preview":
            self.report(Event("preview", job.id, path=messages.path_of(message), mesh=message.get("kind") == "mesh"))
        elif after.state == "DONE" or (kind == "cancelled" and after.asset and job.id in self._kept):
            self.report(Event("result", job.id, after.message, after.asset))
        elif kind == "error":
            self.report(Event("error", job.id, messages.error_text(message)))

    # The engine's process.

    def _watch_engine(self) -> None:
        """Reports a new state of the engine; its end is the end of its jobs."""
        process = self.process
        if process.state != self._state:
            self._state = process.state
            self.report(Event("engine", message=self.failure))
        if not process.alive and not self._ended:
            self._ended = True
            self._end_jobs(process)

    def _end_jobs(self, process: EngineProcess) -> None:
        """The engine has ended: interrupts what ran. What had not begun waits for the next engine, if this one could work."""
        failed, again = process.state == "failed", []
        for job in self._jobs(self._sent):
            if job.state == "CANCELLING":
                how = "The engine did not answer and was ended" if job.id in self._begun else "Stopped"
                self.settle(job, "CANCELLED", f"{how}. {resume_hint(job) if job.begun else NOT_BEGUN}")
            elif job.id not in self._begun:
                again.append(job.id)
            else:
                why = process.reason if failed else "The engine was stopped."
                self.settle(job, "INTERRUPTED", f"{why} {resume_hint(job)}", process.advice)
        self._waiting[:0] = again
        if failed and not self._worked:
            # The next one would fail in the same way.
            for job in self._jobs(self._waiting):
                self.settle(job, "FAILED", process.reason, process.advice)
            self._start_requested = False
        if failed:
            self._estimates.drop()
        self._estimates.ask_again()
        self._forget_sent()

    def _start_engine(self) -> None:
        needed = self._waiting or self._start_requested or self._estimates.open
        if not needed or (self.process is not None and self.process.alive):
            return
        self._start_requested = False
        if not self._breaker.may_start(self._now):
            for job in self._jobs(self._waiting):
                self.settle(job, "INTERRUPTED", self._breaker.sentence, BY_HAND)
            self._estimates.drop()
            self.report(Event("engine", message=self.failure))
            return
        self.process, self._state, self._ended, self._worked = self._make_process(), "", False, False
        self._idle_since = self._last_message_at = None
        self.connection = ""
        self.process.start()
        self._watch_engine()

    def _send_waiting(self) -> None:
        if self.process is None or self.process.state != "ready":
            return
        for job_id in list(self._waiting):
            self._waiting.remove(job_id)
            job = self._store.get(job_id)
            if job is not None and job.state == "QUEUED":
                self._sent.append(job_id)
                # A pause without jobs was no silence.
                self._last_message_at, self._silence_reported = None, False
                self.send(job_message(job))
        question = self._estimates.unsent()
        if question is not None:
            self.send(question)

    def _watch_cancels(self) -> None:
        due, process = self._cancels.overdue(self._now, self._begun), self.process
        if process is None or not process.alive:
            return
        if due == "kill":
            process.stop(0.0)
        elif due == "interrupt":
            process.interrupt()

    def _watch_time(self) -> None:
        """Stops an engine that has had no job for long, and reports one that says nothing."""
        process = self.process
        if process is None or process.state != "ready":
            return
        if not (self._sent or self._waiting or self._estimates.open):
            self._idle_since = self._now if self._idle_since is None else self._idle_since
            if self._now - self._idle_since >= self._limits.idle:
                process.leave()
            return
        self._idle_since = None
        self._last_message_at = self._now if self._last_message_at is None else self._last_message_at
        silent = self._now - self._last_message_at >= self._limits.silence
        if self._sent and silent and not self._silence_reported:
            self._silence_reported = True
            sentence = f"The engine has said nothing for {self._limits.silence / 60:.0f} minutes: wait, or cancel the job."
            self.report(Event("engine", self._sent[0], sentence))

    def _jobs(self, job_ids: list[str]) -> list[Job]:
        """The jobs that there still are."""
        return list(filter(None, map(self._store.get, job_ids)))

    def _let_go(self, job_id: str) -> None:
        """The engine has nothing more to do with the job."""
        for job_ids in (self._sent, self._waiting):
            if job_id in job_ids:
                job_ids.remove(job_id)
        self._begun.pop(job_id, None)

    def _forget_sent(self) -> None:
        """The engine is gone, and with it what it had."""
        self._sent.clear()
        self._begun.clear()
        self._cancels.clear()


def job_message(job: Job) -> dict[str, Any]:
    """The message that has the engine generate the job, resume it, or make one mesh of its frames."""
    if job.tracks:
        return {"type": "track", "job": job.id, "folder": job.folder, "request": job.request}
    message = {"job": job.id, "folder": job.folder, "previews": list(protocol.PREVIEWS)}
    if job.begun:
        return {"type": "resume", **message, "changes": job.changes}
    return {"type": "generate", **message, "request": job.request}
