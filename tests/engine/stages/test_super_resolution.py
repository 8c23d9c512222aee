"""The last stage: what the two models see, and how their gradients are added."""

import math
from dataclasses import replace

import torch

from engine.guidance.load import LoadedGuidance
from engine.scene.frame_times import frame_times
from engine.stages import super_resolution
from engine.stages.super_resolution import super_resolution_step
from engine.stages.train_state import TrainState
from tests.engine.scene.test_render import UniformBall
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

ONE = replace(STAGE, cameras=1, size=16)


def test_the_video_model_is_kept_on_at_the_lower_resolution():
    scene, times = TrainState.new(FIELD, 0), frame_times(4)
    truth = UniformBall(60.0, 0.35, speed=0.6)
    high, low = KnowingGuidance(truth, times), KnowingGuidance(truth, times)
    before = scene.field.second.detach().clone()
    scene.set_rates(ONE.rates, 1.0)
    metrics = super_resolution_step(scene, high.loaded("hp"), low.loaded("lp"), ONE, 0.5, times, 8)
    assert [asked[:2] for asked in (high.asked[0], low.asked[0])] == [("hp", 0.5), ("lp", 0.5)]
    assert high.asked[0][3] == (1, 4, 3, 16, 16) and high.asked[0][2].shape == (1, 4, 3, 8, 8)
    assert low.asked[0][3] == (1, 4, 3, 8, 8) and low.asked[0][2] is None
    assert math.isfinite(metrics["gradient"]) and not torch.equal(before, scene.field.second)


class GivenGuidance(KnowingGuidance):
    """Answers with a given gradient, and keeps the frames."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def gradient(self, frames, *arguments, low_resolution=None, **options):
        self.frames, self.low = frames, low_resolution
        return self.answer


def test_the_gradients_are_added_each_low_pixel_over_its_block(monkeypatch):
    wanted = []
    monkeypatch.setattr(
        super_resolution, "train_step",
        lambda state, view, gradient, config, occupancy: wanted.append(gradient(clips)) or {},
    )  # fmt: skip
    clips = torch.arange(16.0).view(1, 1, 1, 4, 4).expand(1, 2, 3, 4, 4) / 16
    high = GivenGuidance(torch.full((1, 2, 3, 4, 4), 0.5))
    low = GivenGuidance(torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(1, 2, 3, 2, 2))
    config = replace(ONE, size=4)
    super_resolution_step(
        TrainState.new(FIELD, 0), LoadedGuidance(high, "hp"), LoadedGuidance(low, "lp"), config, 0.5, frame_times(2), 2
    )
    # The means of blocks of two by two: 2.5, 4.5, 10.5 and 12.5 of 16.
    means = torch.tensor([[2.5, 4.5], [10.5, 12.5]]) / 16
    assert torch.equal(low.frames[0, 0, 0], means) and torch.equal(high.low, low.frames) and high.frames is clips
    blocks = torch.tensor([[1.5, 1.5, 2.5, 2.5]] * 2 + [[3.5, 3.5, 4.5, 4.5]] * 2)
    assert torch.equal(wanted[0], blocks.expand(1, 2, 3, 4, 4))
