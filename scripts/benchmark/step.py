"""Where a step's time goes and what memory it takes: python -m scripts.benchmark.step.

Times the parts of a dynamic step (render, the video model, back-propagation, optimiser) on a scene from --job, or on the blob
that runs start from, and gives the whole step as a ratio to the video model's own time. --denoiser modelscope puts a network
of the public text-to-video model's size (random weights) in the built-in one's place. Back-propagation renders again, as in a
run of many chunks; where one chunk holds all, a run renders once. --memory shows the peak memory of render
and back-propagation as cameras, frames and resolution grow, each in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from engine.config.quality import QUALITIES, Quality
from engine.guidance.load import GuidanceConfig
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.models.presets import PRESETS
from engine.pipeline.checkpoint import load_checkpoint
from engine.pipeline.estimate import peak_memory_mb
from engine.pipeline.train import load_stage_models
from engine.scene.cameras import Cameras, random_cameras
from engine.scene.frame_times import frame_times
from engine.scene.render import View, back_propagate, random_backgrounds, render
from engine.stages.regularisers import chunk_penalty, time_smoothness, total_variation
from engine.stages.train_state import TrainState
from scripts.benchmark.machine import describe_machine

GROWTH = [(1, 1, 32), (1, 16, 32), (4, 16, 32), (8, 16, 32), (8, 16, 64), (8, 16, 128)]
Gradient = Callable[[Tensor, Cameras, Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.step", description=__doc__.splitlines()[0])
    parser.add_argument("--job", type=Path, help="a job folder whose scene is taken")
    parser.add_argument("--quality", choices=list(QUALITIES), default="standard")
    parser.add_argument("--denoiser", choices=["built-in", "modelscope"], default="built-in")
    parser.add_argument("--cameras", type=int, help="the quality's own if left out")
    parser.add_argument("--size", type=int, help="the quality's own if left out")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="the table of peak memory instead")
    parser.add_argument("--one", nargs=3, type=int, metavar=("CAMERAS", "FRAMES", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    state, quality = _scene(options)
    if options.one:
        _render_and_back_propagate(state, quality, *options.one)
        print(peak_memory_mb())
        return
    print(describe_machine())
    (_memory if options.memory else _time)(state, quality, options)


def _scene(options: argparse.Namespace) -> tuple[TrainState, Quality]:
    if not options.job:
        quality = QUALITIES[options.quality]
        return TrainState.new(quality.field, 0), quality
    folder = JobFolder(options.job)
    quality = resolve_folder(folder).quality
    state = TrainState.new(quality.field, 0)
    load_checkpoint(folder, state)
    return state, quality


def _time(state: TrainState, quality: Quality, options: argparse.Namespace) -> None:
    config, times = quality.dynamic, frame_times(quality.field.times)
    count, size = options.cameras or config.cameras, options.size or config.size
    image_gradient = _built_in(quality) if options.denoiser == "built-in" else _modelscope()
    state.occupancy.update(state.field, times)
    state.free(config.rates)
    penalty = chunk_penalty(config.opacity_entropy, config.sparsity, config.density_entropy, quality.field.max_density)
    parts: dict[str, list[float]] = {}
    for _ in range(options.repeat + 1):
        cameras = random_cameras(count, state.generator)
        view = View(cameras, times, size, config.samples, random_backgrounds(count, state.generator), state.random_seed())
        state.optimiser.zero_grad(set_to_none=True)
        clock = _Clock(parts)
        clips = render(state.field, state.occupancy, view)[0]
        clock("render")
        gradient = image_gradient(clips, cameras, view.background)
        clock("video model")
        back_propagate(state.field, state.occupancy, view, gradient, penalty)
        clock("back-propagation")
        (total_variation(state.field) + time_smoothness(state.field)).backward()
        state.optimiser.step()
        clock("regularisers and optimiser")
    medians = {name: statistics.median(values[1:]) for name, values in parts.items()}
    whole = sum(medians.values())
    print(f"{count} cameras, {len(times)} frames, {size} x {size} pixels, {config.samples} intervals a ray; occupied share "
          f"{state.occupancy.share:.3f}; {options.denoiser} video model; median of {options.repeat}\n")  # fmt: skip
    print("| part | seconds | share |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.3f} | {seconds / whole:.0%} |")
    print(f"| whole step | {whole:.3f} | {whole / medians['video model']:.2f} times the video model |")


class _Clock:
    def __init__(self, parts: dict[str, list[float]]) -> None:
        self.parts, self.last = parts, time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.parts.setdefault(name, []).append(now - self.last)
        self.last = now


def _built_in(quality: Quality) -> Gradient:
    loaded: dict = {}
    load_stage_models(loaded, "dynamic", GuidanceConfig("red ball bouncing", PRESETS["primitives"]), quality)
    video, generator = loaded["video"], torch.Generator().manual_seed(0)

    def gradient(clips: Tensor, cameras: Cameras, background: Tensor) -> Tensor:
        return video.guidance.gradient(clips, video.prompt, cameras, 0.5, generator, background=background)

    return gradient


def _modelscope() -> Gradient:
    """A network of ModelScope text-to-video's size, asked twice for classifier-free guidance, on 32 x 32 latents of a clip."""
    from diffusers import UNet3DConditionModel

    with torch.device("cpu"):
        unet = UNet3DConditionModel(cross_attention_dim=1024, attention_head_dim=64).eval()
    words = torch.zeros(2, 77, 1024)

    @torch.no_grad()
    def gradient(clips: Tensor, cameras: Cameras, background: Tensor) -> Tensor:
        for clip in clips:
            unet(torch.zeros(2, 4, len(clip), 32, 32), torch.tensor([500, 500]), words)
        return clips - 0.5

    return gradient


def _render_and_back_propagate(state: TrainState, quality: Quality, cameras: int, frames: int, size: int) -> None:
    config, times = quality.dynamic, frame_times(frames)
    state.occupancy.update(state.field, times)
    looking = random_cameras(cameras, state.generator)
    view = View(looking, times, size, config.samples, random_backgrounds(cameras, state.generator), 1)
    images = render(state.field, state.occupancy, view)[0]
    back_propagate(state.field, state.occupancy, view, images - 0.5)


def _memory(state: TrainState, quality: Quality, options: argparse.Namespace) -> None:
    """Nothing but the engine and one scene is loaded in each process, so the first row is what that alone takes."""
    print("\n| cameras | frames | size | samples | peak memory, MB |\n|---|---|---|---|---|")
    for cameras, frames, size in GROWTH:
        command = [sys.executable, "-m", "scripts.benchmark.step", "--quality", options.quality]
        command += ["--job", str(options.job)] if options.job else []
        command += ["--one", str(cameras), str(frames), str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        samples = cameras * frames * size**2 * quality.dynamic.samples
        print(f"| {cameras} | {frames} | {size} | {samples / 1e6:.1f} M | {done.stdout.split()[-1]} |", flush=True)


if __name__ == "__main__":
    main()
