"""What several processes gain on one scene: python -m scripts.benchmark.distributed.

Takes steps of the dynamic stage from the blob that runs begin with, in 1 and in 2 processes of one thread each, in turn.
Seconds are of the processor where nothing else is said, since those of the clock depend on what else a machine does. Shared out
are rendering, the model and back-propagation; every process does the rest alike: draws, regularisers, optimiser, occupancy.
From the parts follows what more processes would gain: shared / N + the rest + the sum of the gradients over the network.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import torch

from engine.config.quality import QUALITIES
from engine.guidance.load import GuidanceConfig, LoadedGuidance
from engine.models.presets import PRESETS
from engine.pipeline.distributed import joined
from engine.pipeline.train import load_stage_models, take_step
from engine.ranks import Share
from engine.scene.frame_times import frame_times
from engine.stages import train_step
from engine.stages.train_state import TrainState
from scripts.benchmark.machine import describe_machine

PROMPT = "a red ball bouncing"
# The first step makes what later ones find.
WARM_UP = 1
# Of a network that eight computers share, and of cards in one box, bytes a second each way.
NETWORKS = {"10 Gbit/s": 1.25e9, "NVLink, 100 GB/s": 1e11}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.distributed", description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=8, help="a step (8)")
    parser.add_argument("--quality", choices=list(QUALITIES), default="standard")
    parser.add_argument("--steps", type=int, default=3, help="measured in each process (3)")
    parser.add_argument("--repeat", type=int, default=3, help="times 1 and 2 processes in turn (3)")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2], help="numbers of processes (1 2)")
    parser.add_argument("--rank", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank:
        measure(options)
        return
    found: dict[int, list[dict[str, float]]] = {size: [] for size in options.ranks}
    for _ in range(options.repeat):
        for size in options.ranks:
            found[size].append(launch(options, size))
    medians = {
        size: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for size, runs in found.items()
    }
    print(f"{describe_machine()}; {options.cameras} cameras, quality {options.quality}\n")
    print("| processes | step, s of the clock | efficiency | shared out, s | the rest, s | sums, s of the clock | summed, MB |")
    print("|---|---|---|---|---|---|---|")
    one = medians[min(medians)]
    for size, parts in medians.items():
        gain = one["clock"] / (size * parts["clock"])
        seconds = f"{parts['clock']:.2f} | {gain:.2f} | {parts['shared']:.2f} | {parts['rest']:.3f} | {parts['sums']:.3f}"
        print(f"| {size} | {seconds} | {parts['bytes'] / 1e6:.1f} |")
    print(f"\nThe model takes {one['model']:.2f} s of the {one['shared']:.2f} s. Reckoned from one process's parts:\n")
    print("| processes | network | step, s | efficiency |\n|---|---|---|---|")
    for size in (2, 4, 8):
        for name, speed in NETWORKS.items():
            step = reckoned(one, size, speed)
            print(f"| {size} | {name} | {step:.3f} | {(one['shared'] + one['rest']) / (size * step):.2f} |")


def reckoned(one: dict[str, float], size: int, speed: float) -> float:
    """Seconds of a step in `size` processes, by the parts of one in one process. speed: of the network, bytes a second: a ring
    sends and takes 2 (N - 1) / N of the gradients' bytes (Patarasuk and Yuan 2009)."""
    return one["shared"] / size + one["rest"] + 2 * (size - 1) / size * one["gradient_bytes"] / speed


def launch(options: argparse.Namespace, size: int) -> dict[str, float]:
    """Measures in `size` processes; what the first found."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    given = [f"--cameras={options.cameras}", f"--quality={options.quality}", f"--steps={options.steps}"]
    command = [sys.executable, "-m", "scripts.benchmark.distributed", "--rank", *given]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(size), "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(command, env={**os.environ, **place, "RANK": str(rank)}, stdout=subprocess.PIPE, text=True)
        for rank in range(size)
    ]
    said = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit("A process failed: see above.")
    return json.loads(said[0].splitlines()[-1])


class Timed:
    """Adds up what calls of a function take: seconds of the processor and of the clock."""

    def __init__(self, function: Any) -> None:
        self.function, self.processor, self.clock = function, 0.0, 0.0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        processor, clock = time.process_time(), time.perf_counter()
        try:
            return self.function(*arguments, **named)
        finally:
            self.processor += time.process_time() - processor
            self.clock += time.perf_counter() - clock


noted = {"sums": 0.0, "gradient_bytes": 0.0}


class Noting(Share):
    """A share that notes the seconds of the clock and the bytes that sums of gradients take."""

    def sum(self, tensors: Any) -> None:
        began = time.perf_counter()
        super().sum(tensors)
        noted["sums"] += time.perf_counter() - began
        noted["gradient_bytes"] += sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def measure(options: argparse.Namespace) -> None:
    """Takes the steps in this process; the first prints what they took, a step."""
    torch.set_num_threads(1)
    quality = QUALITIES[options.quality]
    dynamic = replace(quality.dynamic, cameras=options.cameras, rigid_until=0.0)
    quality = replace(quality, dynamic=dynamic)
    with joined(torch.device("cpu")) as (share, _):
        state = TrainState.new(quality.field, 0)
        state.share = Noting(share.rank, share.size)
        loaded: dict[str, LoadedGuidance] = {}
        load_stage_models(loaded, "dynamic", GuidanceConfig(PROMPT, PRESETS["primitives"]), quality)
        model = loaded["video"].guidance
        model.gradient = asked = Timed(model.gradient)
        train_step.render_and_backward = rendered = Timed(train_step.render_and_backward)
        step = Timed(take_step)
        # Not the first step of the stage, which tries turns.
        for number in range(1, 1 + WARM_UP + options.steps):
            if number == 1 + WARM_UP:
                for each in (asked, rendered, step):
                    each.processor = each.clock = 0.0
                noted.update(dict.fromkeys(noted, 0.0))
                share.wait()
            step(state, "dynamic", number, loaded, quality, frame_times(quality.field.times))
        if share.leads:
            found = {
                "clock": step.clock, "shared": rendered.processor, "rest": step.processor - rendered.processor,
                "model": asked.processor, "sums": noted["sums"], "gradient_bytes": noted["gradient_bytes"],
                "bytes": 2 * (share.size - 1) / share.size * noted["gradient_bytes"],
            }  # fmt: skip
            print(json.dumps({name: value / options.steps for name, value in found.items()}))


if __name__ == "__main__":
    main()
