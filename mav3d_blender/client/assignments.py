"""Which jobs the engine is to do, has, and has begun, and what has happened to them. No bpy."""

from __future__ import annotations

from dataclasses import replace

from ..jobs.store import Job, JobError, JobStore
from .events import Event


class Assignments:
    """waiting: jobs to be sent. sent: those the engine has. began: those of them it has worked on. events: what happened."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self.waiting: list[str] = []
        self.sent: list[str] = []
        self.began: set[str] = set()
        self.events: list[Event] = []
        self._before: dict[str, Job] = {}

    def queue(self, job: Job, before: Job | None = None) -> None:
        """The job is to be done, or to go on. before: what it was then, and is again if nothing comes of that."""
        self.waiting.append(job.id)
        if before is not None:
            self._before[job.id] = before
        self.tell(Event("job", job.id))

    def jobs(self, names: list[str]) -> list[Job]:
        """Those of `names` that there are."""
        return list(filter(None, map(self.store.get, names)))

    def put(self, job: Job) -> None:
        """The job as it is now. A disk that takes nothing more is said, and stops nothing."""
        try:
            self.store.put(job)
        except JobError as error:
            self.tell(Event("error", job.id, str(error)))
        self.tell(Event("job", job.id))

    def settle(self, job: Job, state: str, message: str, advice: str = "") -> None:
        """The job ends in this state; one that was to go on and has not begun to ends as it was before, with the reason."""
        before = self._before.pop(job.id, None)
        # What is done is done, however it began.
        ended = job if before is None or job.id in self.began or state == "DONE" else before
        self.let_go(job.id)
        self.put(replace(ended, state=state if ended is job else before.state, message=message, advice=advice))

    def let_go(self, name: str) -> None:
        """The engine has nothing more to do with the job."""
        for names in (self.sent, self.waiting):
            if name in names:
                names.remove(name)
        self.began.discard(name)

    def forget_sent(self) -> None:
        """The engine is gone."""
        self.sent.clear()
        self.began.clear()

    def tell(self, event: Event) -> None:
        """Each event once a tick."""
        if event not in self.events:
            self.events.append(event)

    def told(self) -> list[Event]:
        """What has happened since this was asked last."""
        events, self.events = self.events, []
        return events
