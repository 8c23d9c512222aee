"""Jobs on disk, so that they outlive Blender. No bpy.

    jobs/<id>.json    a job, with the process it belongs to
    jobs/<id>/        the engine's folder of that job
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..common.files import write_atomically
from .job import Job, JobError, job_from_dict
from .process_identity import ProcessIdentity, current_process

INTERRUPTED = "Blender or the engine ended; Resume continues from the last checkpoint."
# Changes of these fields alone are written every WRITE_EVERY seconds at most.
PROGRESS_FIELDS = ("stage", "step", "steps", "eta_s", "image", "mesh")
WRITE_EVERY = 5.0
# A Blender on another machine counts as gone when it has not touched its job files for so long.
SEEN_WITHIN, TOUCH_EVERY = 300.0, 30.0
MAX_FILE_BYTES = 2**20


class JobStore:
    """All jobs in `folder`, in memory and on disk. Several Blenders can share a folder: each writes its own jobs only.

    owner: the process that this is. clock: gives seconds that never go back.
    """

    def __init__(
        self, folder: Path, owner: ProcessIdentity | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder, self.owner, self._clock = folder, owner or current_process(), clock
        self._jobs: dict[str, Job] = {}
        self._written: dict[str, tuple[Job, float]] = {}
        self._own: set[str] = set()
        self._seen: dict[str, tuple[int, int]] = {}
        self._touched, self._last_id = clock(), ""

    def load(self) -> list[str]:
        """Reads every job but the active ones of this process; returns a sentence for each file that can't be read."""
        self._seen.clear()
        return self.refresh()[1]

    def refresh(self) -> tuple[list[str], list[str]]:
        """Reads the changes of other Blenders, and touches this one's job files. Returns the ids of the jobs that changed, and
        a sentence for each file that can't be read and has changed."""
        self._touch()
        changed, sentences, found = [], [], set()
        for path in sorted(self.folder.glob("*.json")):
            job_id = path.stem
            try:
                status = path.stat()
                found.add(job_id)
                if self._is_own(job_id) or self._is_unsaved(job_id):
                    continue
                # What another Blender works on is looked at each time, for it may have ended without a word.
                mark = (status.st_mtime_ns, status.st_size)
                if self._seen.get(job_id) == mark and not (job_id in self._jobs and self._jobs[job_id].active):
                    continue
                self._seen[job_id] = mark
                job = self._read(path, time.time() - status.st_mtime)
                self._written.pop(job_id, None)
            except (OSError, ValueError, TypeError, KeyError) as error:
                if path.exists():
                    sentences.append(f"The job file {path} can't be read ({error}) and was left out.")
                continue
            if job != self._jobs.get(job_id):
                self._jobs[job_id] = job
                changed.append(job_id)
        for job_id in [job_id for job_id in self._jobs if job_id not in found and not self._is_own(job_id)]:
            del self._jobs[job_id]
            changed.append(job_id)
        return changed, sentences

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        return sorted(self._jobs.values(), key=lambda job: job.id)

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def owns(self, job_id: str) -> bool:
        """Whether the job is this Blender's, or nobody's because it has ended."""
        return job_id in self._jobs and (not self._jobs[job_id].active or job_id in self._own)

    def new(self, request: dict[str, Any], target: dict[str, Any], host: str = "") -> Job:
        """Makes a queued job with an id and a folder of its own, for the engine on `host`. Raises JobError where it can't be
        written, and ValueError or TypeError for what is no JSON."""
        # Only what JSON holds, and nothing that the caller may change later.
        request, target = json.loads(json.dumps([request, target], allow_nan=False))
        try:
            folder = self._new_folder()
        except OSError as error:
            raise self._unwritable(error) from error
        created = datetime.now(UTC).isoformat(timespec="seconds")
        job = Job(folder.name, str(folder), request, created=created, target=target, host=host)
        try:
            self.put(job)
        except JobError:
            del self._jobs[job.id]
            folder.rmdir()
            raise
        return job

    def put(self, job: Job) -> None:
        """Stores the job, which is this Blender's while it is active. Raises JobError where the file can't be written; the job
        in memory is the new one all the same."""
        self._jobs[job.id] = job
        if job.active:
            self._own.add(job.id)
        before, when = self._written.get(job.id, (None, 0.0))
        progress = {field: getattr(job, field) for field in PROGRESS_FIELDS}
        if before is not None and replace(before, **progress) == job and self._clock() - when < WRITE_EVERY:
            return
        try:
            self._write(job)
        except OSError as error:
            raise self._unwritable(error) from error

    def claim(self, job_id: str) -> Job:
        """The job as it is on disk, before an action on it. Raises JobError where there is none, or it is active."""
        job = self._jobs.get(job_id)
        if job is None:
            raise JobError(f"There is no job {job_id}.")
        path = self.folder / f"{job_id}.json"
        if job_id not in self._own and not self._is_unsaved(job_id):
            try:
                job = self._jobs[job_id] = self._read(path, time.time() - path.stat().st_mtime)
                self._written.pop(job_id, None)
            except (OSError, ValueError, TypeError, KeyError):
                pass  # what is in memory is all there is
        if job.active:
            raise JobError("The job is worked on already." if job_id in self._own else "The job runs in another Blender.")
        return job

    def remove(self, job_id: str) -> None:
        """Deletes the job and its folder. Raises JobError while it is active, and where not all of it can be deleted."""
        self.claim(job_id)
        folder = self.folder / job_id
        try:
            if folder.is_symlink() or _is_junction(folder):
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
            (self.folder / f"{job_id}.json").unlink(missing_ok=True)
        except OSError as error:
            raise JobError(
                f"Not all of {folder} can be removed ({error.strerror or error}): close what uses it, then remove it again."
            ) from error
        for known in (self._jobs, self._written, self._seen):
            known.pop(job_id, None)
        self._own.discard(job_id)

    def _is_own(self, job_id: str) -> bool:
        return job_id in self._own and self._jobs[job_id].active

    def _is_unsaved(self, job_id: str) -> bool:
        return job_id in self._written and job_id in self._jobs and self._written[job_id][0] != self._jobs[job_id]

    def _new_folder(self) -> Path:
        while True:
            now = time.time()
            # Ordered also within a second.
            suffix = f"{int(now % 1 * 256):02x}{secrets.token_hex(1)}"
            job_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{suffix}"
            same_second = job_id[:15] == self._last_id[:15]
            if (self.folder / f"{job_id}.json").exists() or (same_second and job_id <= self._last_id):
                time.sleep(0.004)
                continue
            try:
                (self.folder / job_id).mkdir(parents=True)
            except FileExistsError:
                continue
            self._last_id = job_id
            return self.folder / job_id

    def _read(self, path: Path, age: float) -> Job:
        """The job in a file last written `age` seconds ago. Raises OSError, ValueError, TypeError or KeyError."""
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError("it is too large")
        try:
            values = json.loads(path.read_text("utf-8"))
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        job = job_from_dict(values, path.stem)
        # A folder of jobs may have been moved, and no file may name a folder that is none of them.
        job = replace(job, folder=str(self.folder / job.id))
        if job.active and not self._at_work(values.get("owner"), age):
            job = replace(job, state="INTERRUPTED", message=goes_on(job) or INTERRUPTED, advice="", left=bool(job.host))
        return job

    def _at_work(self, owner: Any, age: float) -> bool:
        """Whether the process that a job file names still works on it. This process does not: it has its jobs in memory."""
        try:
            other = ProcessIdentity(int(owner["pid"]), str(owner["host"]), str(owner["started"]))
        except (TypeError, KeyError, ValueError):
            return False
        if other == self.owner:
            return False
        alive = other.alive()
        return age < SEEN_WITHIN if alive is None else alive

    def _write(self, job: Job) -> None:
        content = asdict(job) | {"owner": asdict(self.owner)}
        write_atomically(self.folder / f"{job.id}.json", json.dumps(content, indent=1) + "\n")
        self._written[job.id] = job, self._clock()
        if not job.active:
            self._own.discard(job.id)

    def _touch(self) -> None:
        if self._clock() - self._touched < TOUCH_EVERY:
            return
        self._touched = self._clock()
        for job_id in self._own:
            try:
                os.utime(self.folder / f"{job_id}.json")
            except OSError:
                continue

    def _unwritable(self, error: OSError) -> JobError:
        return JobError(f"Can't write to {self.folder} ({error.strerror or error}): make room or mend access.")


def goes_on(job: Job) -> str:
    """What is to be said of a job that nobody here follows any more; empty where it ends with that."""
    return f"It goes on on {job.host}; Resume follows it again." if job.host else ""


def _is_junction(path: Path) -> bool:
    # Windows; Path.is_junction() is new in Python 3.12.
    return getattr(path.lstat(), "st_reparse_tag", 0) == 0xA0000003 if os.path.lexists(path) else False
