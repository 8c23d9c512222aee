"""What a run will take, found by trying: a few steps of each stage, timed, and the memory the process then holds."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import torch

from engine.export import mesh_frame
from engine.generate import advance, frame_times, ready
from engine.guidance.presets import Preset
from engine.job import STAGES
from engine.scene.occupancy import Occupancy
from engine.settings import Quality
from engine.stages.scene import Scene

WARM_UP, TIMED = 1, 2


@dataclass(frozen=True)
class Estimate:
    """seconds: of each stage and of the mesh. memory_mb: most the process held, models included; None if not known."""

    seconds: dict[str, float]
    memory_mb: int | None

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def estimate(quality: Quality, preset: Preset, text: str, frames: int, device: torch.device | str = "cpu") -> Estimate:
    """Takes a few steps of each stage of `quality` and scales them up; the scene is the blob that every run starts from.

    Loading the models is counted. Real scenes fill more or less of the space than a blob, so a run may take half as much
    again, or less.
    """
    scene = Scene.new(quality.field, 0, device)
    times = frame_times(quality.field.times).to(scene.device)
    teachers, seconds = {}, {}
    for stage in STAGES:
        steps = getattr(quality, stage).steps
        if not steps:
            continue
        started = time.monotonic()
        ready(teachers, stage, preset, quality, text, device)
        loading = time.monotonic() - started
        # Halfway through the stage: past what only its beginning does.
        first = steps // 2
        spans = []
        for step in range(first, first + WARM_UP + TIMED):
            started = time.monotonic()
            advance(scene, stage, min(step, steps - 1), teachers, quality, times)
            spans.append(time.monotonic() - started)
        seconds[stage] = loading + steps * sum(spans[WARM_UP:]) / TIMED
    started = time.monotonic()
    blob, moment = Scene.new(quality.field, 0, device), torch.tensor([0.5], device=device)
    occupancy = Occupancy(quality.field.occupancy)
    occupancy.update(blob.field, moment)
    mesh_frame(blob.field, occupancy, 0.5, 0, quality.mesh)
    seconds["mesh"] = frames * (time.monotonic() - started)
    return Estimate(seconds, peak_memory_mb())


def peak_memory_mb() -> int | None:
    """The most memory this process has held so far, MB of main memory without the device's own; None on Windows, which does
    not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
