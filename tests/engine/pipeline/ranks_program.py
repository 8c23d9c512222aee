"""What each of several processes does in the tests of ranks: `python -m tests.engine.pipeline.ranks_program WHAT FOLDER`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from engine.config.quality import STANDARD
from engine.config.stage import CameraConfig, LearningRates, StageConfig
from engine.contract.errors import EngineError
from engine.contract.request import Request
from engine.guidance.load import LoadedGuidance
from engine.guidance.sds import DiffusionSchedule, distil
from engine.job.folder import JobFolder
from engine.job.resolve import resolve
from engine.pipeline import run
from engine.pipeline.checkpoint import load_state
from engine.pipeline.distributed import joined
from engine.pipeline.train import take_step
from engine.ranks import Share
from engine.scene.cameras import Cameras
from engine.scene.frame_times import frame_times
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.stages import viewing
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

TIMES = frame_times(FIELD.times)
RATES = LearningRates(0.01, 0.02, 0.01, 0.03)
DYNAMIC = replace(
    STAGE, steps=40, cameras=3, rates=RATES, rigid_until=0.2, occupancy_interval=4, camera=CameraConfig(moving=0.5),
    density_entropy=1e-4,
)  # fmt: skip
QUALITY = replace(STANDARD, field=FIELD, static=replace(STAGE, steps=10), dynamic=DYNAMIC)
JOB = replace(
    resolve(Request.checked({"prompt": "a red ball", "seed": 3, "keep_going": True})),
    quality=replace(QUALITY, super_resolution=replace(STAGE, steps=0)),
)
DIES_AT = 25


class NoisyGuidance(KnowingGuidance):
    """As `KnowingGuidance`, but asked under noise, as a denoiser is."""

    schedule = DiffusionSchedule(torch.linspace(0.99, 0.1, 10), torch.linspace(0.1, 0.99, 10), "sample")

    def gradient(self, frames, prompt, cameras, progress, generator, *, background, times=None, low_resolution=None):
        difference = super().gradient(frames, prompt, cameras, progress, generator, background=background, times=times)
        count = len(frames) if cameras.portion is None else cameras.portion.total
        truth = (frames - difference * count) * 2 - 1

        def predict(noisy, timesteps):
            # What is wrong about it depends on the noise.
            return (truth + 0.1 * noisy,) * 2

        return distil(predict, frames, self.schedule, self.distillation, progress, generator, cameras.portion) / 4


def guidance() -> dict[str, LoadedGuidance]:
    still = NoisyGuidance(UniformBall(60.0, 0.4), torch.tensor([0.5]))
    sliding = NoisyGuidance(UniformBall(60.0, 0.4, speed=0.4), TIMES)
    return {"image": still.loaded("a ball"), "video": sliding.loaded("a ball sliding")}


def cases() -> dict[str, tuple[str, StageConfig]]:
    """Steps whose gradients are compared: by name, the stage and its config."""
    moving = replace(DYNAMIC, camera=CameraConfig(moving=1.0), rigid_until=0.0)
    return {
        "static": ("static", STAGE),
        "three moving cameras": ("dynamic", moving),
        "one camera": ("dynamic", replace(moving, cameras=1)),
        "small chunks": ("dynamic", moving),
    }


def gradients(share: Share) -> dict[str, torch.Tensor]:
    """Of one step of each case, with its metrics and the numbers that are drawn next."""
    found = {}
    for name, (stage, config) in cases().items():
        state = TrainState.new(FIELD, 1)
        state.share, state.measures_norms = share, True
        chunk = View.__dataclass_fields__["chunk_samples"].default
        if name == "small chunks":
            # Their bounds are not those of cameras.
            chunk = 5000
        metrics = _step(state, stage, replace(QUALITY, **{stage: config}), chunk)
        found |= {f"{name}: {each}": value.grad for each, value in state.field.named_parameters() if value.grad is not None}
        found |= {f"{name}: {each}": torch.tensor(value) for each, value in metrics.items()}
        found[f"{name}: next draw"] = torch.rand(4, generator=state.generator)
    return found


def _step(state: TrainState, stage: str, quality, chunk: int) -> dict[str, float]:
    whole = viewing.View
    viewing.View = lambda *arguments, **named: whole(*arguments, **named, chunk_samples=chunk)
    try:
        return take_step(state, stage, 1, guidance(), quality, TIMES)
    finally:
        viewing.View = whole


def run_job(folder: Path, share: Share, dies: int | None = None) -> None:
    """The job whose models know the answer. dies: the rank that ends without a word at a step of the dynamic stage."""
    def dying(state, stage, step, *rest):
        if share.rank == dies and (stage, step) == ("dynamic", DIES_AT):
            os._exit(9)
        return take_step(state, stage, step, *rest)

    run.load_stage_models = lambda loaded, *rest: loaded.update(guidance())
    run.resolve_folder = lambda folder: JOB
    run.export_asset = lambda *arguments, **named: None
    run.take_step = dying
    run.SAVE_EVERY_SECONDS = 0.0
    run.run_job(JOB, JobFolder(folder), lambda message: None, lambda: False, "cpu", previews=(), share=share)


def images(folder: Path) -> torch.Tensor:
    """Of the scene in a job folder, from four sides at all times."""
    state, _ = load_state(JobFolder(folder), QUALITY, 0)
    cameras = Cameras(torch.arange(4) * 1.5, torch.full((4,), 0.3))
    return render(state.field, Occupancy(), View(cameras, TIMES, 24, 48, torch.full((4, 3), 0.5)))[0]


def main(what: str, folder: Path) -> int:
    torch.set_num_threads(1)
    with joined(torch.device("cpu")) as (share, _):
        if what == "gradients":
            found = gradients(share)
            if share.leads:
                save_file(found, folder / "gradients.safetensors")
            return 0
        try:
            run_job(folder / "job", share, dies=1 if what == "die" else None)
        except EngineError as error:
            print(f"{error.kind}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
