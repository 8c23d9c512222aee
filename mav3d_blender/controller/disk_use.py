"""How much of the disk jobs take, looked at in the background."""

from __future__ import annotations

from ..common.background import Background
from ..jobs.disk_use import job_bytes
from ..jobs.store import JobStore

# Seconds between looks while something changes.
LOOK_EVERY = 10.0


class DiskUse:
    """The newest look at the sizes of all jobs' folders."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._look: Background[dict[str, int]] | None = None
        self._looked: tuple[float, object] = (-LOOK_EVERY, None)

    def total(self, job_ids: list[str]) -> int:
        """Bytes that the jobs' folders take, as of the last look."""
        return sum(self._sizes.get(job_id, 0) for job_id in job_ids)

    def poll(self, store: JobStore, now: float) -> bool:
        """Takes what a look has found, and begins another where jobs have changed; whether there is something new. now: seconds
        of a clock that never goes back."""
        if self._look is not None:
            if not self._look.done:
                return False
            self._sizes, self._look = self._look.wait() or {}, None
            return True
        states = {job.id: job.state for job in store.jobs()}
        when, seen = self._looked
        if states != seen or (now - when >= LOOK_EVERY and any(job.active for job in store.jobs())):
            self._looked = now, states
            self._look = Background(job_bytes, store.folder, list(states))
        return False

    def look(self, store: JobStore) -> None:
        """Looks at once and waits for it."""
        self._sizes = job_bytes(store.folder, [job.id for job in store.jobs()])
