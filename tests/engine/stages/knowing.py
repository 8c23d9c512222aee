"""Guidance that knows the answer, for the tests of stages and of runs."""

import torch

from engine.config.field import FieldConfig
from engine.config.stage import DistillationConfig, LearningRates, StageConfig
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.stages.train_state import TrainState

FIELD = FieldConfig(resolutions=(12, 24), times=4, channels=6, hidden=16, occupancy=16)
STAGE = StageConfig(
    steps=60,
    cameras=4,
    size=16,
    samples=24,
    rates=LearningRates(0.02, 0.0, 0.01),
    distillation=DistillationConfig(),
    empty_sample_prob=0.2,
    opacity_entropy=1e-3,
    total_variation=0.05,
)


class KnowingGuidance(Guidance):
    """Its gradient points from a true render of `truth` at the asked cameras; notes what it was asked."""

    elevation, fov, views_per_batch, guidance_scale, distillation = (-0.2, 0.8), 0.6, 1, 1.0, DistillationConfig()

    def __init__(self, truth, times) -> None:
        self.truth, self.times, self.asked = truth, times, []

    def loaded(self, prompt) -> LoadedGuidance:
        return LoadedGuidance(self, prompt)

    def gradient(self, frames, prompt, cameras, progress, generator, *, background, times=None, low_resolution=None):
        self.asked.append((prompt, progress, low_resolution, frames.shape))
        view = View(cameras, self.times if times is None else times, frames.shape[-1], 48, background)
        count = len(frames) if cameras.portion is None else cameras.portion.total
        return (frames - render(self.truth, Occupancy(), view)[0]) / count


def opacity_at(scene: TrainState, points: list[list[float]], time: float) -> list[float]:
    density, _ = scene.field(torch.tensor(points), torch.tensor([time]))
    return (1 - torch.exp(-0.25 * density[0])).tolist()
