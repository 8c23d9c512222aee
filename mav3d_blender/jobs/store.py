"""What has been asked of the engine and how far it is, kept on disk so that it outlives Blender. No bpy.

    jobs/<id>.json    a job, written aside and then renamed
    jobs/<id>/        the engine's own folder of it
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

from .job import Job, JobError, checked
from .process_identity import Owner, this_process

__all__ = ["Job", "JobError", "JobStore"]

INTERRUPTED = "Blender or the engine ended; Resume goes on from the last checkpoint."
# Changes of these alone wait for the next write.
PASSING = ("stage", "step", "steps", "eta_s", "image", "mesh")
WRITE_EVERY = 5.0
# A Blender that can't be seen from here counts as gone when it has not touched its jobs for so long; it does every 30 seconds.
SEEN_WITHIN, TOUCH_EVERY = 300.0, 30.0
LARGEST_FILE = 2**20


class JobStore:
    """All jobs in `folder`, in memory and on disk. Several Blenders can use one folder: each writes only jobs of its own.

    owner: the Blender that this is. clock: seconds.
    """

    def __init__(self, folder: Path, owner: Owner | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.owner, self._clock = folder, owner or this_process(), clock
        self._jobs: dict[str, Job] = {}
        self._written: dict[str, tuple[Job, float]] = {}
        self._own: set[str] = set()
        self._seen: dict[str, tuple[int, int]] = {}
        self._touched, self._last_name = clock(), ""

    def load(self) -> list[str]:
        """Reads every job anew but the active ones of our own; returns a sentence for each file that can't be read."""
        self._seen.clear()
        return self.refresh()[1]

    def refresh(self) -> tuple[list[str], list[str]]:
        """Takes up what other Blenders changed, and shows them that this one is here; the ids of the jobs that are different
        now, and a sentence for each file that can't be read and is new since."""
        self._touch()
        changed, sentences, found = [], [], set()
        for path in sorted(self.folder.glob("*.json")):
            name = path.stem
            try:
                status = path.stat()
                found.add(name)
                if self._is_own(name) or self._is_unsaved(name):
                    continue
                # What another Blender works on is looked at each time, for it may have ended without a word.
                mark = (status.st_mtime_ns, status.st_size)
                if self._seen.get(name) == mark and not (name in self._jobs and self._jobs[name].active):
                    continue
                self._seen[name] = mark
                job = self._read(path, time.time() - status.st_mtime)
                self._written.pop(name, None)
            except (OSError, ValueError, TypeError, KeyError) as error:
                if path.exists():
                    sentences.append(f"The job file {path} can't be read ({error}) and was left out.")
                continue
            if job != self._jobs.get(name):
                self._jobs[name] = job
                changed.append(name)
        for name in [name for name in self._jobs if name not in found and not self._is_own(name)]:
            del self._jobs[name]
            changed.append(name)
        return changed, sentences

    def jobs(self) -> list[Job]:
        """All of them, the oldest first."""
        return sorted(self._jobs.values(), key=lambda job: job.id)

    def get(self, name: str) -> Job | None:
        return self._jobs.get(name)

    def owns(self, name: str) -> bool:
        """Whether the job is worked on by this Blender, or by none."""
        return name in self._jobs and (not self._jobs[name].active or name in self._own)

    def new(self, request: dict[str, Any], target: dict[str, Any]) -> Job:
        """A queued job with a name and a folder of its own. Raises JobError where it can't be written."""
        # Only what JSON holds, and nothing that the caller may change later.
        request, target = json.loads(json.dumps([request, target], allow_nan=False))
        try:
            folder = self._new_folder()
        except OSError as error:
            raise self._unwritable(error) from error
        created = datetime.now(UTC).isoformat(timespec="seconds")
        job = Job(folder.name, str(folder), request, created=created, target=target)
        try:
            self.put(job)
        except JobError:
            del self._jobs[job.id]
            folder.rmdir()
            raise
        return job

    def put(self, job: Job) -> None:
        """Takes a job as it is now; it is this Blender's from now on. Raises JobError where it can't be written, and has it
        all the same."""
        self._jobs[job.id] = job
        if job.active:
            self._own.add(job.id)
        before, when = self._written.get(job.id, (None, 0.0))
        passing = {name: getattr(job, name) for name in PASSING}
        if before is not None and replace(before, **passing) == job and self._clock() - when < WRITE_EVERY:
            return
        try:
            self._write(job)
        except OSError as error:
            raise self._unwritable(error) from error

    def claim(self, name: str) -> Job:
        """The job as it is on disk now, to be worked on. Raises JobError where there is none, or it is worked on already."""
        job = self._jobs.get(name)
        if job is None:
            raise JobError(f"There is no job {name}.")
        path = self.folder / f"{name}.json"
        if name not in self._own and not self._is_unsaved(name):
            try:
                job = self._jobs[name] = self._read(path, time.time() - path.stat().st_mtime)
                self._written.pop(name, None)
            except (OSError, ValueError, TypeError, KeyError):
                pass  # what is in memory is all there is
        if job.active:
            raise JobError("The job is worked on already." if name in self._own else "The job runs in another Blender.")
        return job

    def remove(self, name: str) -> None:
        """Deletes the job and its folder. Raises JobError while it is worked on, and where something of it can't be deleted."""
        self.claim(name)
        folder = self.folder / name
        try:
            if folder.is_symlink() or _is_junction(folder):
                folder.unlink()
            elif folder.is_dir():
                shutil.rmtree(folder)
            (self.folder / f"{name}.json").unlink(missing_ok=True)
        except OSError as error:
            raise JobError(
                f"Not all of {folder} can be removed ({error.strerror or error}): close what uses it, then remove it again."
            ) from error
        for known in (self._jobs, self._written, self._seen):
            known.pop(name, None)
        self._own.discard(name)

    def _is_own(self, name: str) -> bool:
        return name in self._own and self._jobs[name].active

    def _is_unsaved(self, name: str) -> bool:
        return name in self._written and name in self._jobs and self._written[name][0] != self._jobs[name]

    def _new_folder(self) -> Path:
        while True:
            now = time.time()
            # Ordered also within a second.
            suffix = f"{int(now % 1 * 256):02x}{secrets.token_hex(1)}"
            name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{suffix}"
            same_second = name[:15] == self._last_name[:15]
            if (self.folder / f"{name}.json").exists() or (same_second and name <= self._last_name):
                time.sleep(0.004)
                continue
            try:
                (self.folder / name).mkdir(parents=True)
            except FileExistsError:
                continue
            self._last_name = name
            return self.folder / name

    def _read(self, path: Path, age: float) -> Job:
        """The job in a file last written `age` seconds ago. Raises OSError, ValueError, TypeError or KeyError."""
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is too large")
        try:
            values = json.loads(path.read_text("utf-8"))
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        job = checked(values, path.stem)
        # A folder of jobs may have been moved, and no file may name a folder that is none of them.
        job = replace(job, folder=str(self.folder / job.id))
        if job.active and not self._at_work(values.get("owner"), age):
            job = replace(job, state="INTERRUPTED", message=INTERRUPTED, advice="")
        return job

    def _at_work(self, owner: Any, age: float) -> bool:
        """Whether the job's Blender still works on it. This one does not: it knows its own."""
        try:
            other = Owner(int(owner["pid"]), str(owner["host"]), str(owner["started"]))
        except (TypeError, KeyError, ValueError):
            return False
        if other == self.owner:
            return False
        alive = other.alive()
        return age < SEEN_WITHIN if alive is None else alive

    def _write(self, job: Job) -> None:
        path = self.folder / f"{job.id}.json"
        part = path.with_name(path.name + ".part")
        content = asdict(job) | {"owner": asdict(self.owner)}
        try:
            part.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
            _replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._written[job.id] = job, self._clock()
        if not job.active:
            self._own.discard(job.id)

    def _touch(self) -> None:
        if self._clock() - self._touched < TOUCH_EVERY:
            return
        self._touched = self._clock()
        for name in self._own:
            try:
                os.utime(self.folder / f"{name}.json")
            except OSError:
                continue

    def _unwritable(self, error: OSError) -> JobError:
        return JobError(f"Can't write to {self.folder} ({error.strerror or error}): make room or mend access.")


def _replace(part: Path, path: Path) -> None:
    """Windows lets no file be replaced while another Blender reads it, which takes a moment."""
    for _ in range(3 if os.name == "nt" else 0):
        try:
            os.replace(part, path)
            return
        except PermissionError:
            time.sleep(0.01)
    os.replace(part, path)


def _is_junction(path: Path) -> bool:
    # Windows; Path.is_junction() is new in Python 3.12.
    return getattr(path.lstat(), "st_reparse_tag", 0) == 0xA0000003 if os.path.lexists(path) else False
