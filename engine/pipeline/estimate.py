"""What a run will take, found by trying: a few steps of each stage, timed, and the memory the process then holds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from engine.config.quality import Quality
from engine.contract.errors import Stopped
from engine.guidance.load import GuidanceConfig
from engine.job.resolve import ResolvedJob
from engine.pipeline.export import surface_at, textured, turntable
from engine.pipeline.train import load_stage_models, take_step
from engine.reference.camera import ReferenceCamera
from engine.reference.conditioning import Reference
from engine.scene.frame_times import frame_times
from engine.stages.train_state import TrainState

WARM_UP, TIMED = 2, 3
# Where the stage asks two models in turn.
TIMED_IN_TURN = 4
# A blob that fills about as much of the scene as finished objects do, less than the one that runs begin with.
WIDTH = 0.15


@dataclass(frozen=True)
class Estimate:
    """seconds: of each stage and of the mesh. memory_mb: most the process held, models included; None if not known."""

    seconds: dict[str, float]
    memory_mb: int | None

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def estimate(job: ResolvedJob, device: torch.device | str = "cpu", stop: Callable[[], bool] = lambda: False) -> Estimate:
    """Takes a few steps of each stage and scales them up; the scene is a blob about as large as an object.

    Loading the models is counted. Real scenes fill more or less of the space, so a run may take half as much again, or less.
    stop: asked between steps; raises Stopped where it says yes.
    """
    quality = job.quality
    guidance = GuidanceConfig(job.prompt, job.models, job.request.negative_prompt)
    times = frame_times(quality.field.times).to(device)
    loaded, seconds = {}, {}
    for stage in quality.model_roles():
        config = quality.stage(stage)
        started = time.monotonic()
        load_stage_models(loaded, stage, guidance, quality, device)
        loading = time.monotonic() - started
        # Halfway through the stage, past what only its beginning does, and just after an update of the occupancy: the next
        # would show the fog that a few steps make of a blob.
        first = config.steps // 2 // config.occupancy_interval * config.occupancy_interval
        state, step_seconds = _object_like(quality, device), []
        state.reference = Reference.of(job.image, ReferenceCamera(), device) if job.image else None
        timed = TIMED if not config.image_share else TIMED_IN_TURN
        for step in range(first, first + WARM_UP + timed):
            if stop():
                raise Stopped("The estimate was stopped.")
            started = time.monotonic()
            take_step(state, stage, min(step, config.steps - 1), loaded, quality, times)
            step_seconds.append(time.monotonic() - started)
        seconds[stage] = loading + config.steps * sum(step_seconds[WARM_UP:]) / timed
    seconds["mesh"] = _mesh_seconds(quality, job.request.frames, device)
    return Estimate(seconds, peak_memory_mb())


def _mesh_seconds(quality: Quality, frames: int, device: torch.device | str) -> float:
    """Of surfaces, tracking, texture and preview, from one frame and from two."""
    blob, seconds = _object_like(quality, device), []
    started = time.monotonic()
    mesh = surface_at(blob.field, blob.occupancy, 0.5, 0, quality.mesh)
    surfacing = time.monotonic() - started
    for count in (1, 2):
        started = time.monotonic()
        textured(blob.field, [mesh] * count, frame_times(count), "fixed", quality.mesh, lambda message: None)
        seconds.append(time.monotonic() - started)
    started = time.monotonic()
    turntable(blob, blob.occupancy, frame_times(1).to(device))
    showing = time.monotonic() - started
    return frames * (surfacing + showing) + seconds[0] + (frames - 1) * (seconds[1] - seconds[0])


def _object_like(quality: Quality, device: torch.device | str) -> TrainState:
    """A scene that fills about as much of the space as a finished object."""
    state = TrainState.new(quality.field, 0, device)
    state.field.blob_width.fill_(WIDTH)
    state.occupancy.update(state.field, torch.tensor([0.5], device=state.device))
    return state


def peak_memory_mb() -> int | None:
    """The most memory this process has held so far, MB of main memory without the device's own; None on Windows, which does
    not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
