"""Checkpoints of a job: everything that a run needs to go on, bit for bit."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from engine.config.field import FieldConfig
from engine.config.quality import Quality
from engine.contract.errors import DamagedError, JobError, WriteError
from engine.contract.version import VERSION, is_newer
from engine.files import written_aside
from engine.finite import check_finite
from engine.job.folder import JobFolder, Progress, read_progress
from engine.stages.train_state import TrainState

CENTRES = "field.skeleton.centres"


def save_checkpoint(folder: JobFolder, state: TrainState, progress: Progress) -> None:
    """Writes a checkpoint aside, then renames it: there is never half a file, and the one before is kept.

    Raises WriteError where it can't be written, DivergedError where it would hold numbers that are not finite: the checkpoint
    there stays.
    """
    tensors = {f"field.{name}": value for name, value in state.field.state_dict().items()}
    for index, moments in state.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": torch.as_tensor(value) for key, value in moments.items()}
    tensors["generator"] = state.generator.get_state()
    if state.occupancy.bits is not None:
        tensors |= {"occupancy": state.occupancy.bits, "occupancy_least": state.occupancy.least}
    for name, value in tensors.items():
        if value.is_floating_point():
            check_finite(value, f"The checkpoint ({name})")
    metadata = asdict(progress) | {
        "threads": torch.get_num_threads(), "ranks": state.share.size, "engine": VERSION,
    }  # fmt: skip
    newest, previous = folder.checkpoints()
    try:
        with written_aside(newest) as part:
            save_file(
                {name: value.contiguous() for name, value in tensors.items()},
                part,
                {key: str(value) for key, value in metadata.items()},
            )
            if newest.exists():
                os.replace(newest, previous)
    except (OSError, SafetensorError) as error:
        raise WriteError(
            f"Can't write a checkpoint to {folder.path} ({error}): make room on the disk, then go on from the one before."
        ) from error


def load_checkpoint(folder: JobFolder, state: TrainState) -> Progress | None:
    """Puts the newest checkpoint that can be read into `state`; None if there is none yet.

    Also restores the thread count, which results depend on, unless another number of ranks goes on. Raises DamagedError if
    there are checkpoints but none is readable.
    """
    reasons = []
    for path in folder.checkpoints():
        if not path.exists():
            continue
        try:
            return _load(path, state)
        except (SafetensorError, KeyError, ValueError, RuntimeError, OSError) as error:
            reasons.append(f"{path.name}: {str(error).splitlines()[0][:120]}")
            if is_newer(version := _version_of(path)):
                raise JobError(
                    f"The checkpoint {path} was written by version {version} of the engine, which this one, version {VERSION}, "
                    "can't read: install the newer version."
                ) from error
    if reasons:
        raise DamagedError(f"The checkpoints in {folder.path} are damaged ({'; '.join(reasons)}): begin the job anew.")
    return None


def load_state(
    folder: JobFolder, quality: Quality, seed: int, device: torch.device | str = "cpu"
) -> tuple[TrainState, Progress]:
    """The state in a job folder and how far it had come. Raises JobError if there is none yet."""
    state = TrainState.new(begun_field(folder, quality.field), seed, device)
    progress = load_checkpoint(folder, state)
    if progress is None:
        raise JobError(f"There is no checkpoint in {folder.path} yet: run resume first.")
    return state, progress


def begun_field(folder: JobFolder, field: FieldConfig) -> FieldConfig:
    """`field` with the sizes that the job in a folder was begun with: another version of the engine may have other ones."""
    for path in folder.checkpoints():
        try:
            with safe_open(path, "pt") as file:
                names = set(file.keys())
                levels = [name for level in range(len(names)) if (name := f"field.space.{level}") in names]
                resolutions = tuple(file.get_slice(name).get_shape()[-2] for name in levels)
                bones = file.get_slice(CENTRES).get_shape()[0] if CENTRES in names else field.bones
        except (SafetensorError, OSError):
            continue
        return replace(field, resolutions=resolutions or field.resolutions, bones=bones)
    return field


def _version_of(path: Path) -> str:
    """The version of the engine that wrote a checkpoint; empty where that can't be read."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("engine", "")
    except (SafetensorError, OSError):
        return ""


def _load(path: Path, state: TrainState) -> Progress:
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    progress = read_progress(metadata)
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name} holds numbers that are not finite")
    field = {name.removeprefix("field."): value for name, value in tensors.items() if name.startswith("field.")}
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, key = name.split(".")
            moments.setdefault(int(index), {})[key] = value
    # Jobs from before there were skeletons go on without.
    missing = [name for name in state.field.state_dict() if name not in field and not name.startswith("skeleton.")]
    if missing or any(name not in state.field.state_dict() for name in field):
        raise KeyError(f"{(missing or list(field))[0]} does not fit the scene")
    state.field.load_state_dict(field, strict=False)
    state.optimiser.load_state_dict({"state": moments, "param_groups": state.optimiser.state_dict()["param_groups"]})
    state.generator.set_state(tensors["generator"])
    # Both or neither: a checkpoint with one of them is from before the other was kept, and the next update makes both.
    kept = "occupancy" in tensors and "occupancy_least" in tensors
    state.occupancy.bits = tensors["occupancy"].to(state.device) if kept else None
    state.occupancy.least = tensors["occupancy_least"].to(state.device) if kept else None
    if int(metadata.get("ranks", 1)) == state.share.size:
        torch.set_num_threads(int(metadata["threads"]))
    return progress
