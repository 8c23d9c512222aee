"""Where a step's time goes and what memory it takes: python -m scripts.benchmark.step.

Times dynamic steps (`train_step`, as a run takes them) on a scene from --job, or on the blob that runs start from: before the
video model is asked, the model itself, and after it, with the whole step as a ratio to the model's own time. A scene with bones
is timed in three forms, in turn: time planes in the place of bones, bones with every sample asked where it comes from, and
the frozen body posed on a grid, which is what a run does. --denoiser modelscope puts a network of the public text-to-video
model's size (random weights) in the built-in one's place. --memory shows the peak memory of render and back-propagation as
cameras, frames and resolution grow, each in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from engine.config.ablations import ablate
from engine.config.quality import BODIES_QUALITIES, QUALITIES, Quality
from engine.guidance.load import GuidanceConfig
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.models.presets import PRESETS
from engine.pipeline.checkpoint import load_checkpoint
from engine.pipeline.estimate import peak_memory_mb
from engine.pipeline.train import load_stage_models
from engine.scene.cameras import Cameras, random_cameras
from engine.scene.frame_times import frame_times
from engine.scene.frozen.baked import bake_body
from engine.scene.render import View, back_propagate, random_backgrounds, render
from engine.stages.bones import lay_out_skeleton
from engine.stages.train_state import TrainState
from engine.stages.train_step import train_step
from scripts.benchmark.machine import describe_machine
from scripts.benchmark.true_scene import words_of

GROWTH = [(1, 1, 32), (1, 16, 32), (4, 16, 32), (8, 16, 32), (8, 16, 64), (8, 16, 128)]
Gradient = Callable[[Tensor, Cameras, Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.step", description=__doc__.splitlines()[0])
    parser.add_argument("--job", type=Path, help="a job folder whose scene is taken")
    parser.add_argument("--quality", choices=list(QUALITIES), default="standard")
    parser.add_argument("--bones", action="store_true", help="the qualities of the models that know bodies that bend")
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
        quality = (BODIES_QUALITIES if options.bones else QUALITIES)[options.quality]
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
    forms = _forms(state, quality)
    parts: dict[str, dict[str, list[float]]] = {name: {} for name in forms}
    for _ in range(options.repeat + 1):
        cameras = random_cameras(count, state.generator)
        background, seed = random_backgrounds(count, state.generator), state.random_seed()
        view = View(cameras, times, size, config.samples, background, seed, config.empty_sample_prob)
        for name, (scene, own) in forms.items():
            scene.free(own.dynamic.rates)
            clock = _Clock(parts[name])

            def gradient(clips: Tensor, clock=clock, view=view) -> Tensor:
                clock("before the model")
                found = image_gradient(clips, view.cameras, view.background)
                clock("video model")
                return found

            train_step(scene, view, gradient, own.dynamic)
            clock("after the model")
    print(f"{count} cameras, {len(times)} frames, {size} x {size} pixels, {config.samples} intervals a ray; occupied share "
          f"{state.occupancy.share:.3f}; {options.denoiser} video model; median of {options.repeat}\n")  # fmt: skip
    print("| form | before the model, s | video model, s | after the model, s | all but the model, s | step / model |")
    print("|---|---|---|---|---|---|")
    for name, found in parts.items():
        before, model, after = (statistics.median(values[1:]) for values in found.values())
        own = before + after
        print(f"| {name} | {before:.3f} | {model:.3f} | {after:.3f} | {own:.3f} | {(own + model) / model:.2f} |")


def _forms(state: TrainState, quality: Quality) -> dict[str, tuple[TrainState, Quality]]:
    """The scene in each form, with the settings that go with it, none of which moves while it is timed."""
    still = replace(quality, dynamic=replace(quality.dynamic, final_lr_ratio=1.0))
    state.set_rates(still.dynamic.rates, 0.0)
    if state.field.skeleton is None:
        return {"planes": (state, still)}
    if not state.field.skeleton.is_laid_out:
        lay_out_skeleton(state)
    planes = ablate(still, ["skeleton"])
    beside, asked = TrainState.new(planes.field, 0), TrainState.new(still.field, 0)
    beside.field.load_state_dict(state.field.state_dict(), strict=False)
    asked.field.load_state_dict(state.field.state_dict())
    for other, own in ((beside, planes), (asked, still)):
        other.occupancy = state.occupancy
        other.set_rates(own.dynamic.rates, 0.0)
    state.field.baked = bake_body(state.field)
    return {"planes": (beside, planes), "bones, every sample asked": (asked, still), "bones, posed on a grid": (state, still)}


class _Clock:
    def __init__(self, parts: dict[str, list[float]]) -> None:
        self.parts, self.last = parts, time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.parts.setdefault(name, []).append(now - self.last)
        self.last = now


def _built_in(quality: Quality) -> Gradient:
    loaded: dict = {}
    preset, prompt = ("creatures", str(words_of("dog running"))) if quality.field.bones else ("primitives", "red ball bouncing")
    load_stage_models(loaded, "dynamic", GuidanceConfig(prompt, PRESETS[preset]), quality)
    video, generator = loaded["video"], torch.Generator().manual_seed(0)
    times = frame_times(quality.field.times)

    def gradient(clips: Tensor, cameras: Cameras, background: Tensor) -> Tensor:
        return video.guidance.gradient(clips, video.prompt, cameras, 0.5, generator, background=background, times=times)

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
