"""The field against the papers' form of it, in one run: python -m scripts.benchmark.field.

Million samples a second (a point at one frame is a sample), forward and with the backward pass, for a still camera (frames
share their points) and a moving one, with and without a trajectory; the plain form is six grid samples a level and frame.
Then what no form can do without, for a moving camera: the weighted sum of the texels, with the gradients of texels and places,
and the decoder, each alone; the ratio to the plain form that would be left if all else cost nothing is the limit.
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
from engine.scene.frame_times import frame_times
from engine.scene.lookup import gather_sum, space_taps, time_taps
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
    limits(options)


def compare(moving: bool, trajectory: bool, options: argparse.Namespace) -> None:
    """Prints a row for each form."""
    field, points, times = _scene(moving, trajectory, options)
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


def limits(options: argparse.Namespace) -> None:
    """Prints the table of what is left of the plain form's time by what no form can do without."""
    field, points, times = _scene(True, False, options)
    count, hidden = options.points * options.frames, field.config.hidden
    flat = points.reshape(-1, 3)
    frames = torch.arange(options.frames, device=flat.device).repeat_interleave(options.points).int()
    rows, weights, offset = [], [], 0
    for resolution in field.config.resolutions:
        for own, size in ((space_taps(flat, resolution), 3 * resolution**2),
                          (time_taps(flat, frames, resolution), options.frames * 3 * resolution)):  # fmt: skip
            rows.append(own[0] + offset)
            weights.append(own[1])
            offset += size
    rows, weights = torch.cat(rows, 1), torch.cat(weights, 1).requires_grad_()
    table, features = (torch.randn(size, hidden, device=flat.device, requires_grad=True) for size in (offset, count))
    gradient = torch.randn(count, hidden, device=flat.device)
    works = {
        "plain": lambda: field.plain(points, times),
        "texels": lambda: (gather_sum(table, rows, weights) * gradient,),
        "decoder": lambda: field._decode(features, flat),
    }
    seconds = {
        name: [statistics.median([_seconds(field, work, backward, options.device) for _ in range(options.repeat + 1)][1:])
               for backward in (False, True)] for name, work in works.items()
    }  # fmt: skip
    print("\n| alone | forward, ms | with backward, ms |\n|---|---|---|")
    for name, found in seconds.items():
        print(f"| {name} | {1000 * found[0]:.0f} | {1000 * found[1]:.0f} |")
    least = [seconds["texels"][index] + seconds["decoder"][index] for index in (0, 1)]
    print(f"| limit of the ratio | {seconds['plain'][0] / least[0]:.1f} | {seconds['plain'][1] / least[1]:.1f} |")


def _scene(moving: bool, trajectory: bool, options: argparse.Namespace) -> tuple[Field, Tensor, Tensor]:
    """A field whose time planes move, points and times."""
    generator = torch.Generator().manual_seed(0)
    field = Field(FieldConfig(trajectory=trajectory), generator)
    for planes in field.time:
        planes.data = 0.1 * torch.randn(planes.shape, generator=generator)
    shape = (options.frames, options.points, 3) if moving else (options.points, 3)
    points = torch.rand(shape, generator=generator) * 1.8 - 0.9
    return field.to(options.device), points.to(options.device), frame_times(options.frames).to(options.device)


def _seconds(field: Field, form: Callable[[], tuple[Tensor, ...]], backward: bool, device: str) -> float:
    field.zero_grad(set_to_none=True)
    started = time.perf_counter()
    with torch.set_grad_enabled(backward):
        values = form()
        if backward:
            sum(value.mean() for value in values).backward()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
