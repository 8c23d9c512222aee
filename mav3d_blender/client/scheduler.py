"""The engine's side of a session: which jobs it has, what it says of them, and its start and end. No bpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..common.contract import protocol
from ..jobs.store import Job
from . import messages as heard
from .assignments import Assignments
from .cancels import Cancels
from .circuit_breaker import CircuitBreaker
from .estimates import Estimates
from .events import Event, Limits
from .messages import GOES_ON
from .process import EngineProcess

NOT_BEGUN = "It had not begun."
BY_HAND = "Look at its log, then start or stop it by hand."


class Work:
    """Drives one engine at a time, which is started when there is something for it. assigned: what it is to do."""

    def __init__(
        self, assigned: Assignments, make_process: Callable[[], EngineProcess], limits: Limits, breaker: CircuitBreaker
    ) -> None:
        self.assigned, self.limits, self.breaker = assigned, limits, breaker
        self.process: EngineProcess | None = None
        self.cancels, self.estimates = Cancels(limits), Estimates()
        self.wanted = False
        self._make_process = make_process
        self._state, self._ended, self._worked = "", False, False
        self._heard_at: float | None = None
        self._idle_since: float | None = None
        self._told_silence = False

    def tick(self, now: float) -> None:
        """One look at the engine. now: seconds of a clock that never goes back."""
        if self.process is not None:
            messages = self.process.poll()
            if messages:
                self._heard_at, self._told_silence = now, False
            for message in messages:
                self._hear(message)
            self._watch_engine()
        self._watch_cancels(now)
        self._watch_time(now)
        self._start_engine(now)
        self._send_waiting()

    def cancel(self, job: Job) -> None:
        """The job is to be stopped."""
        if job.id not in self.assigned.sent:
            self._settle(job, "CANCELLED", NOT_BEGUN)
        elif self.cancels.ask(job.id):
            self.assigned.put(replace(job, state="CANCELLING"))
            self.send({"type": "cancel", "job": job.id})

    def stop(self) -> None:
        """Ends the engine; what waits is interrupted at once, and what runs when it is saved."""
        self.wanted = False
        self.estimates.drop()
        for name in [*self.assigned.waiting, *(name for name in self.assigned.sent if name not in self.assigned.began)]:
            job = self.assigned.store.get(name)
            if job is not None and job.state == "QUEUED":
                self._settle(job, "INTERRUPTED", f"The engine was stopped. {NOT_BEGUN}")
        if self.process is not None:
            self.process.stop()

    def close(self, timeout: float) -> None:
        """Ends the engine for good, within `timeout` seconds and a moment, and forgets its jobs."""
        self.wanted = False
        self.estimates.drop()
        self.assigned.waiting.clear()
        self._forget_sent()
        if self.process is not None:
            self.process.close(timeout)
            self.process = None

    def send(self, message: dict[str, Any]) -> None:
        """To the engine that runs; its end decides what becomes of what it does not take any more."""
        try:
            self.process.send(message)
        except ValueError as error:
            sentence = f"This can't be sent to the engine: {error}."
            job = self.assigned.store.get(message.get("job", ""))
            if job is not None:
                self._settle(job, "FAILED", sentence)
            else:
                self.estimates.drop()
            self.assigned.tell(Event("error", message.get("job", ""), sentence))

    def why_failed(self) -> str:
        """The reason and the advice of an engine that failed; empty where none did."""
        if self.breaker.open:
            return f"{self.breaker.sentence} {BY_HAND}"
        if self.process is not None and self.process.state == "failed":
            return f"{self.process.reason} {self.process.advice}".strip()
        return ""

    # What it says.

    def _hear(self, message: dict[str, Any]) -> None:
        name = message.get("job")
        if message["type"] == "estimate" or (message["type"] == "error" and "id" in message):
            if self.estimates.answers(message):
                failed = message["type"] == "error"
                words = heard.sentence(message) if failed else heard.estimate(message)
                self.assigned.tell(Event("error" if failed else "estimate", message=words))
        elif name is None and message["type"] == "error":
            self.assigned.tell(Event("error", message=heard.sentence(message)))
        elif isinstance(name, str) and name in self.assigned.sent:
            job = self.assigned.store.get(name)
            if job is not None:
                self._hear_of(job, message)

    def _hear_of(self, job: Job, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind in ("started", "progress"):
            self.assigned.began.add(job.id)
            self._worked = True
        elif kind == "cancelling":
            self.cancels.taken(job.id)
        elif kind == "error" and message.get("kind") == "protocol" and job.state == "RUNNING":
            self.assigned.tell(Event("error", job.id, heard.sentence(message)))
            return
        elif kind == "cancelled" and job.state == "QUEUED":
            # The engine leaves and drops what it has not begun; the next one does it.
            self.assigned.let_go(job.id)
            self.cancels.drop(job.id)
            self.assigned.waiting.append(job.id)
            self.process.stop()
            return
        after = heard.applied(job, message)
        if after == job:
            return
        if after.active:
            self.assigned.put(after)
        else:
            self.breaker.reset()
            self._settle(after, after.state, after.message, after.advice)
        if kind == "preview":
            self.assigned.tell(Event("preview", job.id, path=heard.path(message), mesh=message.get("kind") == "mesh"))
        elif after.state == "DONE":
            self.assigned.tell(Event("result", job.id, after.message, after.asset))
        elif kind == "error":
            self.assigned.tell(Event("error", job.id, heard.sentence(message)))

    # Its life.

    def _watch_engine(self) -> None:
        """Notices a new state of the engine; its end is the end of its jobs."""
        process = self.process
        if process.state != self._state:
            self._state = process.state
            self.assigned.tell(Event("engine", message=self.why_failed()))
        if not process.alive and not self._ended:
            self._ended = True
            self._end_jobs(process)

    def _end_jobs(self, process: EngineProcess) -> None:
        """The engine is gone. What ran is interrupted; what had not begun waits for the next one, if this one could work."""
        failed, again = process.state == "failed", []
        for job in self.assigned.jobs(self.assigned.sent):
            if job.state == "CANCELLING":
                how = "The engine did not answer and was ended" if job.id in self.assigned.began else "Stopped"
                self._settle(job, "CANCELLED", f"{how}. {GOES_ON if job.begun else NOT_BEGUN}")
            elif job.id not in self.assigned.began:
                again.append(job.id)
            else:
                why = process.reason if failed else "The engine was stopped."
                self._settle(job, "INTERRUPTED", f"{why} {GOES_ON}", process.advice)
        self.assigned.waiting[:0] = again
        if failed and not self._worked:
            # The next one would fail in the same way.
            for job in self.assigned.jobs(self.assigned.waiting):
                self._settle(job, "FAILED", process.reason, process.advice)
            self.wanted = False
        if failed:
            self.estimates.drop()
        self.estimates.again()
        self._forget_sent()

    def _start_engine(self, now: float) -> None:
        needed = self.assigned.waiting or self.wanted or self.estimates.open
        if not needed or (self.process is not None and self.process.alive):
            return
        self.wanted = False
        if not self.breaker.may_start(now):
            for job in self.assigned.jobs(self.assigned.waiting):
                self._settle(job, "INTERRUPTED", self.breaker.sentence, BY_HAND)
            self.estimates.drop()
            self.assigned.tell(Event("engine", message=self.why_failed()))
            return
        self.process, self._state, self._ended, self._worked = self._make_process(), "", False, False
        self._idle_since = self._heard_at = None
        self.process.start()
        self._watch_engine()

    def _send_waiting(self) -> None:
        if self.process is None or self.process.state != "ready":
            return
        for name in list(self.assigned.waiting):
            self.assigned.waiting.remove(name)
            job = self.assigned.store.get(name)
            if job is not None and job.state == "QUEUED":
                self.assigned.sent.append(name)
                # A pause without jobs was no silence.
                self._heard_at, self._told_silence = None, False
                self.send(order(job))
        question = self.estimates.unsent()
        if question is not None:
            self.send(question)

    def _watch_cancels(self, now: float) -> None:
        due, process = self.cancels.overdue(now, self.assigned.began), self.process
        if process is None or not process.alive:
            return
        if due == "kill":
            process.stop(0.0)
        elif due == "interrupt":
            process.interrupt()

    def _watch_time(self, now: float) -> None:
        """An engine that says nothing, or has nothing to do."""
        process = self.process
        if process is None or process.state != "ready":
            return
        if not (self.assigned.sent or self.assigned.waiting or self.estimates.open):
            self._idle_since = now if self._idle_since is None else self._idle_since
            if now - self._idle_since >= self.limits.idle:
                process.stop()
            return
        self._idle_since = None
        self._heard_at = now if self._heard_at is None else self._heard_at
        if self.assigned.sent and now - self._heard_at >= self.limits.silence and not self._told_silence:
            self._told_silence = True
            sentence = f"The engine has said nothing for {self.limits.silence / 60:.0f} minutes: wait, or cancel the job."
            self.assigned.tell(Event("engine", self.assigned.sent[0], sentence))

    def _settle(self, job: Job, state: str, message: str, advice: str = "") -> None:
        self.assigned.settle(job, state, message, advice)
        self.cancels.drop(job.id)

    def _forget_sent(self) -> None:
        self.assigned.forget_sent()
        self.cancels.clear()


def order(job: Job) -> dict[str, Any]:
    """The message that has the engine do the job, from the beginning or from where it is."""
    message = {"job": job.id, "folder": job.folder, "previews": list(protocol.PREVIEWS)}
    if job.begun:
        return {"type": "resume", **message, "changes": job.changes}
    return {"type": "generate", **message, "request": job.request}
