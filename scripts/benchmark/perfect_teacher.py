"""What the stages can reach at best: guidance that knows the analytic world: python -m scripts.benchmark.perfect_teacher.

For each body, the static and the dynamic stage follow true renders in place of a model's estimates, in several forms of the
scene. Prints for each form the unexplained motion, the solid's overlap with the true one, the fidelity of the pictures, and
the seconds. `--noise` and `--blur` make the teacher worse, as a learned model is.

Unexplained motion: squared error of what changes over time (each pixel less its mean over the clip) as a share of the true
clip's; 1 is as good as standing still. Overlap: intersection over union of what is solid, the median of the frames. Both, and
psnr, from cameras that no step has seen.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from engine.config.ablations import ablate
from engine.config.quality import BODIES_QUALITIES, MeshConfig, Quality
from engine.config.stage import DistillationConfig
from engine.guidance.canonical_pose import nearest_moment
from engine.guidance.joint_motion import JointMotion
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.mesh.surface import silhouette_depth, solidity
from engine.models.world.placements import placement
from engine.models.world.scene import joints as true_joints
from engine.models.world.words.lexicon import RESTING, STILL, Words
from engine.pipeline.train import take_step
from engine.scene.cameras import Cameras, Mount
from engine.scene.frame_times import frame_times
from engine.scene.render import View, render
from engine.scene.viewer import Viewer
from engine.stages.train_state import TrainState
from scripts.benchmark.machine import describe_machine
from scripts.benchmark.true_scene import TrueScene, true_scene, words_of

BODIES = ("dog running", "bird flying", "fish swimming", "person waving", "person walking", "snake crawling", "tree swaying")
FOV, ELEVATION = math.radians(27), (math.radians(-20), math.radians(65))
GRID = 80
# A ray, of the true pictures: fine enough not to step over a wing.
SAMPLES = 96
VIEWS = 4


class PerfectGuidance(Guidance):
    """Its gradient points to true pictures. noise: standard deviation of what is wrong with its colours; blur: pixels."""

    fov, elevation, views_per_batch, guidance_scale = FOV, ELEVATION, 1, 1.0

    def __init__(self, scene: TrueScene, noise: float, blur: int, made: Tensor) -> None:
        """made [joints, 3]: the joints in the pose that the body is made in."""
        self.made = made
        self.scene, self.noise, self.blur = scene, noise, blur
        self.occupancy = scene.occupancy()
        self.distillation = DistillationConfig()

    def mount(self, prompt, times: Tensor) -> Mount:
        return Mount.of(*self.scene.placed)

    def whole_motion(self, prompt, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        size = placement(STILL, times, self.scene.words.size)[2]
        centre, rotation, scale = self.scene.placed
        return centre, rotation, scale / size

    def joint_motion(self, prompt, times: Tensor, given: bool = False) -> JointMotion:
        words, rest = self.scene.words, self.made
        joints, used = true_joints(words.object, words.limb, times, "", words.cycles[0])
        size = placement(STILL, times, words.size)[2][0]
        return JointMotion(size * rest, size * joints, used)

    def gradient(self, frames: Tensor, prompt, cameras: Cameras, progress, generator, *, background, times=None) -> Tensor:
        """Knows whole clips at its scene's own moments."""
        view = View(cameras, self.scene.times, frames.shape[-1], SAMPLES, background)
        true = render(self.scene, self.occupancy, view)[0]
        if self.blur > 1:
            low = avg_pool2d(true.flatten(0, 1), self.blur)
            true = interpolate(low, scale_factor=self.blur, mode="bilinear").view_as(true)
        if self.noise:
            coarse = torch.randn(*true.shape[:3], true.shape[3] // 4, true.shape[4] // 4, generator=generator).flatten(0, 1)
            true = true + self.noise * interpolate(coarse, scale_factor=4.0, mode="bilinear").view_as(true)
        return 4 * (frames - true) / len(frames)


def root_only(quality: Quality) -> Quality:
    quality = ablate(quality, ["skeleton"])
    return replace(quality, dynamic=replace(quality.dynamic, rates=replace(quality.dynamic.rates, time=0.0), rigid_until=1.0))


def planes_only(quality: Quality) -> Quality:
    """MAV3D's own form: no trajectory, everything free."""
    quality = ablate(quality, ["skeleton"])
    rates = replace(quality.dynamic.rates, space=0.2 * quality.static.rates.space, time=quality.static.rates.space,
                    decoder=0.2 * quality.static.rates.decoder, trajectory=0.0)  # fmt: skip
    field = replace(quality.field, trajectory=False)
    return replace(quality, field=field, dynamic=replace(quality.dynamic, rates=rates, rigid_until=0.0))


def root_and_planes(quality: Quality) -> Quality:
    return ablate(quality, ["skeleton"])


def bones_from_rest(quality: Quality) -> Quality:
    """Pictures alone bend the body."""
    return ablate(bones(quality), ["joint-motion"])


def bones(quality: Quality) -> Quality:
    return replace(quality, dynamic=replace(quality.dynamic, rates=replace(quality.dynamic.rates, time=0.0)))


def bones_and_planes(quality: Quality) -> Quality:
    return replace(quality, dynamic=replace(quality.dynamic, rates=replace(quality.dynamic.rates, time=0.01)))


FORMS: dict[str, Callable[[Quality], Quality]] = {
    "root": root_only, "planes": planes_only, "root and planes": root_and_planes,
    "bones from rest": bones_from_rest, "bones": bones, "bones and planes": bones_and_planes,
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    unexplained: float
    overlap: float
    psnr: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.perfect_teacher", description=__doc__.splitlines()[0])
    parser.add_argument("prompts", nargs="*", default=list(BODIES), help='"dog running", "duck resting bouncing" …')
    parser.add_argument("--quality", choices=list(BODIES_QUALITIES), default="standard")
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--blur", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheets", type=Path, help="a folder for contact sheets: the truth above the scene")
    options = parser.parse_args()
    print(describe_machine())
    print("| body | form | static overlap | unexplained | overlap | psnr | static, s | dynamic, s |")
    print("|---|---|---|---|---|---|---|---|")
    for prompt in options.prompts:
        run(prompt, options)


def run(prompt: str, options: argparse.Namespace) -> None:
    """All forms of one body; prints a line for each."""
    quality = BODIES_QUALITIES[options.quality]
    words, times = words_of(prompt), frame_times(quality.field.times)
    moving = true_scene(words, times)
    still, made = still_scene(words, times)
    loaded = {
        "image": LoadedGuidance(PerfectGuidance(still, options.noise, options.blur, made), None),
        "video": LoadedGuidance(PerfectGuidance(moving, options.noise, options.blur, made), None),
    }
    standing = TrainState.new(quality.field, options.seed)
    static_seconds = take_stage(standing, "static", loaded, quality, times)
    still_overlap = overlap(standing, still, still.times, 0)
    for form in options.forms:
        own = FORMS[form](quality)
        state = as_it_stands(standing, own, options.seed)
        dynamic_seconds = take_stage(state, "dynamic", loaded, own, times)
        found = judge(state, moving)
        if options.sheets:
            options.sheets.mkdir(parents=True, exist_ok=True)
            write_sheet(state, moving, options.sheets / f"{prompt}-{form}.png".replace(" ", "-"))
        print(f"| {prompt} | {form} | {still_overlap:.2f} | {found.unexplained:.2f} | {found.overlap:.2f} | {found.psnr:.1f} "
              f"| {static_seconds:.0f} | {dynamic_seconds:.0f} |", flush=True)  # fmt: skip


def still_scene(words: Words, times: Tensor) -> tuple[TrueScene, Tensor]:
    """The body in the pose that it is made in, at its place, as a scene of one moment, and its joints then [joints, 3]."""
    joints, at_rest = (true_joints(words.object, limb, times, "", words.cycles[0])[0] for limb in (words.limb, RESTING))
    moment = nearest_moment(joints, at_rest[0])
    if moment is None:
        return true_scene(replace(words, limb=RESTING, whole=STILL), frame_times(1)), at_rest[0]
    return true_scene(replace(words, whole=STILL), times[moment, None]), joints[moment]


def as_it_stands(standing: TrainState, quality: Quality, seed: int) -> TrainState:
    """The scene at the end of the static stage, which is the same in all forms, in one that `quality` has."""
    state = TrainState.new(quality.field, seed)
    # What a form has not got, or has beside the others, is at rest still.
    state.field.load_state_dict(standing.field.state_dict(), strict=False)
    state.occupancy = copy.deepcopy(standing.occupancy)
    state.generator.set_state(standing.generator.get_state())
    return state


def take_stage(state: TrainState, stage: str, loaded: dict[str, LoadedGuidance], quality: Quality, times: Tensor) -> float:
    """Runs a stage and returns its seconds."""
    started = time.monotonic()
    for step in range(quality.stage(stage).steps):
        take_step(state, stage, step, loaded, quality, times)
    return time.monotonic() - started


def judge(state: TrainState, true: TrueScene) -> Outcome:
    """The scene against the truth, from cameras of its own."""
    ours, theirs = pictures(state, true, 64)
    error = (ours - theirs).square().mean()
    change, true_change = (clips - clips.mean(1, keepdim=True) for clips in (ours, theirs))
    unexplained = (change - true_change).square().mean() / true_change.square().mean()
    overlaps = [overlap(state, true, true.times, frame) for frame in range(0, len(true.times), 3)]
    return Outcome(float(unexplained), float(np.median(overlaps)), float(-10 * error.log10()))


def pictures(state: TrainState, true: TrueScene, size: int) -> tuple[Tensor, Tensor]:
    """Clips of the scene and of the truth from VIEWS cameras that follow the true body, [VIEWS, frames, 3, size, size]."""
    azimuth = torch.arange(VIEWS) * 2 * math.pi / VIEWS + 0.5
    cameras = Cameras(azimuth, torch.full_like(azimuth, 0.3), 3.2, FOV).follow(Mount.of(*true.placed))
    view = View(cameras, true.times, size, 96, torch.full((VIEWS, 3), 0.6))
    return Viewer.of(state.field).render(view)[0], render(true, true.occupancy(), view)[0]


def overlap(state: TrainState, true: TrueScene, times: Tensor, frame: int) -> float:
    """Intersection over union of what is solid with the true body in a frame."""
    axis = torch.linspace(-1, 1, GRID)
    places = torch.cartesian_prod(axis, axis, axis)
    density = Viewer.of(state.field).density(places, float(times[frame])).view(GRID, GRID, GRID).numpy()
    solid = solidity(density, silhouette_depth(density, MeshConfig.surface_depth)) > 0.5
    body = true.is_solid(places, frame).view(GRID, GRID, GRID).numpy()
    return float((solid & body).sum() / (solid | body).sum())


def write_sheet(state: TrainState, true: TrueScene, path: Path, size: int = 96) -> None:
    """The truth and the scene beneath, from two sides, every other frame."""
    ours, theirs = pictures(state, true, size)
    rows = [torch.cat(list(clip[::2]), -1) for view in (0, 2) for clip in (theirs[view], ours[view])]
    imageio.imwrite(path, (torch.cat(rows, -2) * 255).byte().permute(1, 2, 0).numpy())


if __name__ == "__main__":
    main()
