"""The job folder: the request, checkpoints, events, previews, and the result.

job.json                     the request as received; never changes
job.2.json ...               the request with settings changed later; the newest is in force
state.safetensors            the newest checkpoint, state.previous.safetensors the one before
events.jsonl                 every message sent
reference.png                the picture that the scene is conditioned on, if one was given; reference.json: its camera
given_mesh.npz               the mesh that is animated, if one was given; given_mesh.json: what it is, and where it stands
remote.json                  where the job is, if that is another computer
input/                       files that came with the request, from whoever drives the engine
texts/                       the prompt as public models encode it
previews/  asset/
.lock                        while a process works there
"""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from engine.config.quality import Quality
from engine.config.stage import STAGES
from engine.contract.errors import DamagedError, ElsewhereError, JobError, TakenError, WriteError, too_long
from engine.contract.request import CHANGEABLE, INPUT
from engine.files import write_text
from engine.finite import json_text
from engine.job.lock import NAME as LOCK
from engine.remote.mirror import NOTE, read_note

SPACE_NEEDED = 200 * 2**20


@dataclass(frozen=True)
class Progress:
    """How far a run is: the stage it is in and the steps of that stage already done."""

    stage: str
    step: int


def is_complete(progress: Progress, quality: Quality) -> bool:
    """Whether a run that came as far as `progress` has no step of `quality` left."""
    later = STAGES[STAGES.index(progress.stage) + 1 :]
    left = quality.stage(progress.stage).steps - progress.step
    return left <= 0 and not any(quality.stage(stage).steps for stage in later)


class JobFolder:
    """Reads and writes one job's files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, path: Path) -> JobFolder:
        """The job folder that a user names. Raises JobError where that is a file."""
        if path.is_file():
            raise JobError(f"{path} is a file: give the folder of the job, {path.parent}.")
        return cls(path)

    @property
    def asset(self) -> Path:
        return self.path / "asset"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def previews(self) -> Path:
        return self.path / "previews"

    @property
    def texts(self) -> Path:
        return self.path / "texts"

    @property
    def finished(self) -> bool:
        """Whether the result is there, and is of the whole run with the settings in force."""
        try:
            about = json.loads((self.asset / "asset.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return "unfinished" not in about and about.get("revision", 1) == self.revision

    @property
    def revision(self) -> int:
        """Number of the job file in force: 1 is job.json, more where settings were changed later."""
        numbers = [path.name.split(".")[1] for path in self.path.glob("job.*.json")]
        return max((int(number) for number in numbers if number.isdecimal()), default=1)

    def open(self, request: dict[str, Any], about: dict[str, Any], overwrite: bool = False) -> None:
        """Makes the folder for `request`, or takes up an earlier run of the same one.

        Raises JobError if something else is there (unless `overwrite`, which removes an earlier job's own files), if it can't
        be written, or if the disk is nearly full.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if overwrite:
                self.clear()
            else:
                self.check_same(request)
            self.previews.mkdir(exist_ok=True)
            probe = self.path / ".writable"
            probe.write_bytes(b"x")
            probe.unlink()
            if not (self.path / "job.json").exists():
                write_text(self.path / "job.json", json.dumps({"request": request, **about}, indent=2) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error
        free = shutil.disk_usage(self.path).free
        if free < SPACE_NEEDED:
            raise WriteError(
                f"Only {free // 2**20} MB are free where {self.path} is and a job needs about {SPACE_NEEDED // 2**20} MB: "
                "make room, or choose another place."
            )

    def request(self) -> dict[str, Any]:
        """The request in force: as received, or as changed last. Raises JobError if the folder holds no job."""
        return self._read(self.revision)["request"]

    def engine_version(self) -> str:
        """The version of the engine that began the job; empty where its file does not say. Raises JobError."""
        return str(self._read(1).get("engine", ""))

    def holds(self, request: dict[str, Any]) -> bool:
        """Whether this folder's job was received, or is now, as `request`. Raises JobError if its file is damaged."""
        return (self.path / "job.json").is_file() and request in (self._read(1)["request"], self.request())

    def change(self, request: dict[str, Any], shares: dict[str, float]) -> None:
        """Puts a changed request in force. shares: how far through their schedules stages of changed length are, 0 to 1."""
        job = {"request": request, "shares": self.shares() | shares}
        try:
            write_text(self.path / f"job.{self.revision + 1}.json", json.dumps(job, indent=2) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def shares(self) -> dict[str, float]:
        """By stage, how far through its schedule it was when its length was changed last: it does not go back behind that."""
        return self._read(self.revision).get("shares", {})

    def progress(self) -> Progress | None:
        """How far the newest checkpoint is that can be read; None if there is none."""
        for path in self.checkpoints():
            try:
                with safe_open(path, "np") as file:
                    return read_progress(file.metadata() or {})
            except (SafetensorError, KeyError, ValueError, OSError):
                continue
        return None

    def check_here(self) -> None:
        """Raises ElsewhereError where the job's checkpoint is on another computer alone."""
        note = read_note(self.path)
        if note and not any(path.exists() for path in self.checkpoints()):
            raise ElsewhereError(f"The job in {self.path} is on {note['host']}, and its checkpoint with it.", note["host"])

    def _read(self, revision: int) -> dict[str, Any]:
        path = self.path / ("job.json" if revision == 1 else f"job.{revision}.json")
        try:
            job = json.loads(path.read_text("utf-8"))
            if not isinstance(job, dict) or not isinstance(job.get("request"), dict):
                raise ValueError("it holds no request")
            if not isinstance(job.get("shares", {}), dict):
                raise ValueError("its shares are none")
            if not all(isinstance(share, int | float) and 0 <= share <= 1 for share in job.get("shares", {}).values()):
                raise ValueError("shares are from 0 to 1")
            return job
        except FileNotFoundError as error:
            near = self._near()
            way = f"the job is in {near}" if near else "give the folder that a job was written to"
            raise JobError(f"There is no job in {self.path}, since {path.name} is missing there: {way}.") from error
        except OSError as error:
            raise JobError(f"{path} can't be read ({error.strerror or error}): mend access to it.") from error
        except (ValueError, RecursionError) as error:
            raise DamagedError(f"{path} is damaged ({error}): begin the job anew.") from error

    def _near(self) -> Path | None:
        """The job's folder, where a user named one inside it, or the one that it alone is in."""
        try:
            inside = [path.parent for path in self.path.glob("*/job.json")]
        except OSError:
            inside = []
        around = [parent for parent in self.path.absolute().parents[:2] if (parent / "job.json").is_file()]
        return around[0] if around else inside[0] if len(inside) == 1 else None

    def log(self, message: dict[str, Any]) -> None:
        line = json_text(message, "events.jsonl")
        with open(self.events, "a", encoding="utf-8") as events:
            events.write(line + "\n")

    def _unwritable(self, error: OSError) -> WriteError:
        if error.errno == errno.ENAMETOOLONG:
            return WriteError(too_long(self.path))
        file = next((each for each in (self.path, *self.path.parents) if each.exists() and not each.is_dir()), None)
        if file is not None:
            return WriteError(f"{self.path} can't be made, since {file} is a file: give another folder.")
        return WriteError(f"Can't write to {self.path} ({error.strerror or error}): make room or mend access.")

    def checkpoints(self) -> tuple[Path, Path]:
        """Paths of the newest checkpoint and of the one before, whether or not they are there."""
        return self.path / "state.safetensors", self.path / "state.previous.safetensors"

    def check_same(self, request: dict[str, Any]) -> None:
        """Raises TakenError where the folder holds something else than the job of `request`."""
        if not self.path.exists() or not any(path.name not in (LOCK, INPUT) for path in self.path.iterdir()):
            return
        if not (self.path / "job.json").exists():
            raise TakenError(f"{self.path} is not empty and holds no job.")
        earlier = self.request()
        if not self.holds(request):
            changed = sorted(key for key in earlier | request if earlier.get(key) != request.get(key))
            names = ", ".join(changed)
            if set(changed) <= set(CHANGEABLE):
                raise TakenError(f"{self.path} holds this job with different {names}: resume can change that.")
            raise TakenError(f"{self.path} holds another job (different {names}).")

    def clear(self) -> None:
        """Removes a job's own files."""
        for folder in ("asset", "asset.part", "asset.old", "previews", "texts"):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        given = [f"reference.{suffix}" for suffix in ("png", "json", "png.part", "json.part")]
        given += [f"given_mesh.{suffix}" for suffix in ("npz", "json", "npz.part", "json.part")]
        states = ("state.safetensors", "state.previous.safetensors", "state.safetensors.part", "state.part")
        for name in ("job.json", "events.jsonl", NOTE, *states, *given):
            (self.path / name).unlink(missing_ok=True)
        for path in self.path.glob("job.*.json"):
            path.unlink(missing_ok=True)


def read_progress(metadata: dict[str, str]) -> Progress:
    """How far a run was, from its checkpoint's metadata. Raises KeyError or ValueError where that is damaged."""
    progress = Progress(metadata["stage"], int(metadata["step"]))
    if progress.stage not in STAGES:
        raise ValueError(f"unknown stage {progress.stage!r}")
    return progress
