"""What a run will take, found by trying: a few steps of each stage, timed, and the memory the process then holds."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import torch

from engine.config.quality import Quality
from engine.guidance.load import Lesson
from engine.job.folder import STAGES
from engine.pipeline.export import frame_times, surface_at, textured, turntable
from engine.pipeline.train import advance, ready
from engine.reference.image import Photo
from engine.reference.view import Reference, Shot
from engine.stages.train_state import Scene

WARM_UP, TIMED = 2, 3
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


def estimate(
    quality: Quality, lesson: Lesson, frames: int, device: torch.device | str = "cpu", photo: Photo | None = None
) -> Estimate:
    """Takes a few steps of each stage of `quality` and scales them up; the scene is a blob about as large as an object.

    Loading the models is counted. Real scenes fill more or less of the space, so a run may take half as much again, or less.
    """
    times = frame_times(quality.field.times).to(device)
    teachers, seconds = {}, {}
    for stage in STAGES:
        settings = getattr(quality, stage)
        steps = settings.steps
        if not steps:
            continue
        started = time.monotonic()
        ready(teachers, stage, lesson, quality, device)
        loading = time.monotonic() - started
        # Halfway through the stage, past what only its beginning does, and just after an update of the occupancy: the next
        # would show the fog that a few steps make of a blob.
        first = steps // 2 // settings.occupancy_every * settings.occupancy_every
        scene, spans = _object_like(quality, device), []
        scene.reference = Reference.of(photo, Shot(), device) if photo else None
        for step in range(first, first + WARM_UP + TIMED):
            started = time.monotonic()
            advance(scene, stage, min(step, steps - 1), teachers, quality, times)
            spans.append(time.monotonic() - started)
        seconds[stage] = loading + steps * sum(spans[WARM_UP:]) / TIMED
    seconds["mesh"] = _mesh_seconds(quality, frames, device)
    return Estimate(seconds, peak_memory_mb())


def _mesh_seconds(quality: Quality, frames: int, device: torch.device | str) -> float:
    """Of surfaces, tracking, texture and preview, from one frame and from two."""
    blob, spans = _object_like(quality, device), []
    started = time.monotonic()
    mesh = surface_at(blob.field, blob.occupancy, 0.5, 0, quality.mesh)
    surfacing = time.monotonic() - started
    for count in (1, 2):
        started = time.monotonic()
        textured(blob.field, [mesh] * count, frame_times(count), "fixed", quality.mesh, lambda message: None)
        spans.append(time.monotonic() - started)
    started = time.monotonic()
    turntable(blob, blob.occupancy, frame_times(1).to(device))
    showing = time.monotonic() - started
    return frames * (surfacing + showing) + spans[0] + (frames - 1) * (spans[1] - spans[0])


def _object_like(quality: Quality, device: torch.device | str) -> Scene:
    """The scene that is tried."""
    scene = Scene.new(quality.field, 0, device)
    scene.field.blob_width.fill_(WIDTH)
    scene.occupancy.update(scene.field, torch.tensor([0.5], device=scene.device))
    return scene


def peak_memory_mb() -> int | None:
    """The most memory this process has held so far, MB of main memory without the device's own; None on Windows, which does
    not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
