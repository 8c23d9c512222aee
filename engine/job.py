"""The job folder: the request, checkpoints, events, previews, and the result.

    job.json                     the request as received; never changes
    job.2.json ...               the request with settings changed later; the newest is in force
    state.safetensors            the newest checkpoint, state.previous.safetensors the one before
    events.jsonl                 every message sent
    reference.png                the picture that the scene is held to, if one was given; reference.json: where it was taken
    texts/                       the prompt in the encodings of public models
    previews/  asset/
    .lock                        while a process works there
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from engine.errors import DamagedError, JobError, TakenError, WriteError
from engine.finite import check_finite, json_text
from engine.lock import NAME as LOCK
from engine.settings import Quality
from engine.stages.scene import Scene

SPACE_NEEDED = 200 * 2**20
STAGES = ("static", "dynamic", "super_resolution")


@dataclass(frozen=True)
class Progress:
    """How far a run is: the stage it is in and the steps of that stage already done."""

    stage: str
    step: int


def went_through(progress: Progress, quality: Quality) -> bool:
    """Whether a run that came as far as `progress` has no step of `quality` left."""
    later = STAGES[STAGES.index(progress.stage) + 1 :]
    left = getattr(quality, progress.stage).steps - progress.step
    return left <= 0 and not any(getattr(quality, stage).steps for stage in later)


class JobFolder:
    """Reads and writes one job's files."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
            if any(path.name != LOCK for path in self.path.iterdir()):
                if overwrite:
                    self._clear()
                else:
                    self._check_same(request)
            self.previews.mkdir(exist_ok=True)
            probe = self.path / ".writable"
            probe.write_bytes(b"x")
            probe.unlink()
            if not (self.path / "job.json").exists():
                _write_aside(self.path / "job.json", json.dumps({"request": request, **about}, indent=2) + "\n")
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

    def holds(self, request: dict[str, Any]) -> bool:
        """Whether this folder's job was received, or is now, as `request`. Raises JobError if its file is damaged."""
        return (self.path / "job.json").is_file() and request in (self._read(1)["request"], self.request())

    def change(self, request: dict[str, Any], shares: dict[str, float]) -> None:
        """Puts a changed request in force. shares: how far through their schedules stages of changed length are, 0 to 1."""
        job = {"request": request, "shares": self.shares() | shares}
        try:
            _write_aside(self.path / f"job.{self.revision + 1}.json", json.dumps(job, indent=2) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def shares(self) -> dict[str, float]:
        """By stage, how far through its schedule it was when its length was changed last: it does not go back behind that."""
        return self._read(self.revision).get("shares", {})

    def progress(self) -> Progress | None:
        """How far the newest checkpoint is that can be read; None if there is none."""
        for path in self._states():
            try:
                with safe_open(path, "pt") as file:
                    return _progress(file.metadata() or {})
            except (SafetensorError, KeyError, ValueError, OSError):
                continue
        return None

    def _read(self, revision: int) -> dict[str, Any]:
        path = self.path / ("job.json" if revision == 1 else f"job.{revision}.json")
        try:
            job = json.loads(path.read_text("utf-8"))
            if not isinstance(job["request"], dict) or not isinstance(job.get("shares", {}), dict):
                raise TypeError("not a job")
            if not all(isinstance(share, int | float) and 0 <= share <= 1 for share in job.get("shares", {}).values()):
                raise ValueError("shares are from 0 to 1")
            return job
        except FileNotFoundError as error:
            raise JobError(f"There is no job in {self.path}: {path.name} is missing.") from error
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise DamagedError(f"{path} is damaged ({error}): begin the job anew.") from error

    def log(self, message: dict[str, Any]) -> None:
        line = json_text(message, "events.jsonl")
        with open(self.events, "a", encoding="utf-8") as events:
            events.write(line + "\n")

    def save(self, scene: Scene, progress: Progress) -> None:
        """Writes a checkpoint aside, then renames it: there is never half a file, and the one before is kept.

        Raises WriteError where it can't be written, DivergedError where it would hold numbers that are not finite: the
        checkpoint there stays.
        """
        tensors = {f"field.{name}": value for name, value in scene.field.state_dict().items()}
        for index, state in scene.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
        tensors["generator"] = scene.generator.get_state()
        if scene.occupancy.bits is not None:
            tensors |= {"occupancy": scene.occupancy.bits, "occupancy_least": scene.occupancy.least}
        for name, value in tensors.items():
            if value.is_floating_point():
                check_finite(value, f"The checkpoint ({name})")
        metadata = asdict(progress) | {"threads": torch.get_num_threads()}
        newest, previous = self._states()
        part = self.path / "state.part"
        try:
            save_file(
                {name: value.contiguous() for name, value in tensors.items()},
                part,
                {key: str(value) for key, value in metadata.items()},
            )
            if newest.exists():
                os.replace(newest, previous)
            os.replace(part, newest)
        except (OSError, SafetensorError) as error:
            part.unlink(missing_ok=True)
            raise WriteError(
                f"Can't write a checkpoint to {self.path} ({error}): make room on the disk, then go on from the one before."
            ) from error

    def load(self, scene: Scene) -> Progress | None:
        """Puts the newest checkpoint that can be read into `scene`; None if there is none yet.

        Also restores the thread count, which results depend on. Raises JobError if there are checkpoints but all are damaged.
        """
        present = [path for path in self._states() if path.exists()]
        reasons = []
        for path in present:
            try:
                return _load_state(path, scene)
            except (SafetensorError, KeyError, ValueError, RuntimeError, OSError) as error:
                reasons.append(f"{path.name}: {str(error).splitlines()[0][:120]}")
        if reasons:
            raise DamagedError(f"The checkpoints in {self.path} are damaged ({'; '.join(reasons)}): begin the job anew.")
        return None

    def _unwritable(self, error: OSError) -> WriteError:
        return WriteError(f"Can't write to {self.path} ({error.strerror or error}): make room or mend access.")

    def _states(self) -> tuple[Path, Path]:
        return self.path / "state.safetensors", self.path / "state.previous.safetensors"

    def _check_same(self, request: dict[str, Any]) -> None:
        if not (self.path / "job.json").exists():
            raise TakenError(f"{self.path} is not empty and holds no job.")
        earlier = self.request()
        if not self.holds(request):
            changed = ", ".join(sorted(key for key in earlier | request if earlier.get(key) != request.get(key)))
            raise TakenError(f"{self.path} holds another job (different {changed}).")

    def _clear(self) -> None:
        for folder in ("asset", "asset.part", "asset.old", "previews", "texts"):
            shutil.rmtree(self.path / folder, ignore_errors=True)
        pictures = [f"reference.{suffix}" for suffix in ("png", "json", "png.part", "json.part")]
        states = ("state.safetensors", "state.previous.safetensors", "state.part")
        for name in ("job.json", "events.jsonl", *states, *pictures):
            (self.path / name).unlink(missing_ok=True)
        for path in self.path.glob("job.*.json"):
            path.unlink(missing_ok=True)


def load_scene(
    folder: JobFolder, quality: Quality, seed: int, device: torch.device | str = "cpu"
) -> tuple[Scene, Progress]:
    """The scene in a job folder and how far it had come. Raises JobError if there is none yet."""
    scene = Scene.new(quality.field, seed, device)
    progress = folder.load(scene)
    if progress is None:
        raise JobError(f"There is no checkpoint in {folder.path} yet: run resume first.")
    return scene, progress


def _progress(metadata: dict[str, str]) -> Progress:
    progress = Progress(metadata["stage"], int(metadata["step"]))
    if progress.stage not in STAGES:
        raise ValueError(f"unknown stage {progress.stage!r}")
    return progress


def _load_state(path: Path, scene: Scene) -> Progress:
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    progress = _progress(metadata)
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name} holds numbers that are not finite")
    field = {name.removeprefix("field."): value for name, value in tensors.items() if name.startswith("field.")}
    states: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, key = name.split(".")
            states.setdefault(int(index), {})[key] = value
    scene.field.load_state_dict(field)
    scene.optimiser.load_state_dict({"state": states, "param_groups": scene.optimiser.state_dict()["param_groups"]})
    scene.generator.set_state(tensors["generator"])
    # Both or neither: a checkpoint with one of them is from before the other was kept, and the next update makes both.
    kept = "occupancy" in tensors and "occupancy_least" in tensors
    scene.occupancy.bits = tensors["occupancy"].to(scene.device) if kept else None
    scene.occupancy.least = tensors["occupancy_least"].to(scene.device) if kept else None
    torch.set_num_threads(int(metadata["threads"]))
    return progress


def _write_aside(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    os.replace(part, path)
