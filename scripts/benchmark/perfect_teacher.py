"""What the stages can reach at best: guidance that knows the analytic world: python -m scripts.benchmark.perfect_teacher.

For each prompt, the static and the dynamic stage follow true renders instead of a model's estimates. Prints seconds and the
intersection over union of what is solid with the true body, in place, at four frames.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config.quality import QUALITIES, Quality
from engine.guidance.load import LoadedGuidance
from engine.mesh.surface import density_grid
from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import distance
from engine.pipeline.train import take_step
from engine.scene.cameras import FOV, Cameras
from engine.scene.frame_times import frame_times
from engine.scene.occupancy import Occupancy
from engine.stages.train_state import TrainState
from scripts.training.toys.components import IMAGE_FOV
from scripts.training.toys.pool import ELEVATION

GRID = 80


@dataclass(frozen=True)
class PerfectGuidance:
    """Its gradient points to the true images of one object in one motion."""

    colour: str
    shape: str
    motion: str
    fov: float
    elevation: tuple[float, float] = ELEVATION
    views_per_batch: int = 1

    def gradient(self, frames: Tensor, prompt, cameras: Cameras, progress, generator, *, background, times=None) -> Tensor:
        """Knows whole clips from still cameras."""
        coefficients = render_coefficients(self.shape, self.motion, cameras, frames.shape[-1], frames.shape[1])
        colour = torch.tensor(COLOURS[self.colour]).expand(len(cameras), -1)
        return 4 * (frames - compose(coefficients, colour, background)) / len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.perfect_teacher", description=__doc__.splitlines()[0])
    parser.add_argument("prompts", nargs="*", default=["yellow duck bouncing", "white car orbiting", "blue cube spinning"])
    parser.add_argument("--quality", choices=list(QUALITIES), default="draft")
    options = parser.parse_args()
    for prompt in options.prompts:
        run(*prompt.split(), QUALITIES[options.quality])


def run(colour: str, shape: str, motion: str, quality: Quality) -> None:
    """Both stages of one prompt; prints a line after each."""
    state, times = TrainState.new(quality.field, 0), frame_times(quality.field.times)
    loaded = {
        "image": LoadedGuidance(PerfectGuidance(colour, shape, "still", IMAGE_FOV), None),
        "video": LoadedGuidance(PerfectGuidance(colour, shape, motion, FOV), None),
    }
    for stage, asked in (("static", "still"), ("dynamic", motion)):
        started = time.monotonic()
        for step in range(quality.stage(stage).steps):
            take_step(state, stage, step, loaded, quality, times)
        seconds = time.monotonic() - started
        overlaps = [overlap(state, shape, asked, float(times[frame])) for frame in range(0, len(times), 5)]
        print(f"{colour} {shape} {motion}, {stage}: {seconds:.0f} s, overlap", *(f"{o:.2f}" for o in overlaps), flush=True)


def overlap(state: TrainState, shape: str, motion: str, moment: float) -> float:
    """Intersection over union of what is solid with the true body at a time in [0, 1]."""
    density = density_grid(state.field, Occupancy(), moment, 0, GRID)
    solid = 1 - np.exp(-density * 0.25) > 0.5
    centre, rotation, scale = (value[0] for value in MOTIONS[motion](torch.tensor([moment])))
    axis = torch.linspace(-1, 1, GRID)
    local = (torch.cartesian_prod(axis, axis, axis) - centre) @ rotation / scale
    true = (distance(shape, local) < 0).view(GRID, GRID, GRID).numpy()
    return float((solid & true).sum() / (solid | true).sum())


if __name__ == "__main__":
    main()
