"""The field against the papers' form of it, in one run: python -m scripts.benchmark.field.

Million samples a second (a point at one frame is a sample), forward and with the backward pass, for a still camera (frames
share their points) and a moving one, with and without a trajectory; the plain form is six grid samples a level and frame.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from engine.config.field import FieldConfig
from engine.scene.field import Field
from scripts.benchmark.machine import describe_machine


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.field", description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=8192, help="a frame")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each form, taken in turns; medians count")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    print(describe_machine(options.device))
    print(f"{options.points} points, {options.frames} frames, median of {options.repeat}; million samples a second\n")
    print("| camera | trajectory | form | forward | ratio | with backward | ratio |")
    print("|---|---|---|---|---|---|---|")
    for moving in (False, True):
        for trajectory in (False, True):
            compare(moving, trajectory, options)


def compare(moving: bool, trajectory: bool, options: argparse.Namespace) -> None:
    """Prints a row for each form."""
    generator = torch.Generator().manual_seed(0)
    field = Field(FieldConfig(trajectory=trajectory), generator)
    for planes in field.time:
        planes.data = 0.1 * torch.randn(planes.shape, generator=generator)
    field = field.to(options.device)
    shape = (options.frames, options.points, 3) if moving else (options.points, 3)
    points = (torch.rand(shape, generator=generator) * 1.8 - 0.9).to(options.device)
    times = ((torch.arange(options.frames) + 0.5) / options.frames).to(options.device)
    forms = {"plain": lambda: field.plain(points, times), "ours": lambda: (field.at if moving else field)(points, times)}
    speed: dict[str, list[float]] = {}
    for backward in (False, True):
        runs: dict[str, list[float]] = {name: [] for name in forms}
        for _ in range(options.repeat + 1):
            for name, form in forms.items():
                runs[name].append(_seconds(field, form, backward, options.device))
        for name, values in runs.items():
            seconds = statistics.median(values[1:])
            speed.setdefault(name, []).append(options.points * options.frames / seconds / 1e6)
    for name, (forward, both) in speed.items():
        ratios = forward / speed["plain"][0], both / speed["plain"][1]
        camera, rides = "moving" if moving else "still", "yes" if trajectory else "no"
        print(f"| {camera} | {rides} | {name} | {forward:.2f} | {ratios[0]:.1f} | {both:.2f} | {ratios[1]:.1f} |", flush=True)


def _seconds(field: Field, form: Callable[[], tuple[Tensor, Tensor]], backward: bool, device: str) -> float:
    field.zero_grad(set_to_none=True)
    started = time.perf_counter()
    with torch.set_grad_enabled(backward):
        density, colour = form()
        if backward:
            (density.mean() + colour.mean()).backward()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
