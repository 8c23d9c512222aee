"""A bar that bends, under guidance that knows it."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.quality import STANDARD
from engine.config.stage import CameraConfig, LearningRates
from engine.pipeline.train import take_step
from engine.scene.frame_times import frame_times
from engine.scene.skeleton import CELLS
from engine.stages.bones import lay_out_skeleton
from engine.stages.train_state import TrainState
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

BENDING = replace(FIELD, times=8, bones=6)
STATIC = replace(STAGE, steps=60)
DYNAMIC = replace(
    STAGE,
    cameras=2,
    size=24,
    rates=LearningRates(0.0, 0.0, 0.0, skeleton=0.03),
    total_variation=0.0,
    camera=CameraConfig(elevation=(0.0, 0.3)),
)
QUALITY = replace(STANDARD, field=BENDING, static=STATIC, dynamic=DYNAMIC)


class BendingBar:
    """A stand-in for a field: a bar along Z whose upper half leans by `lean` sin(2 pi t) about X."""

    def __init__(self, lean: float) -> None:
        self.lean = lean

    def packed(self, points, frames, times):
        angle = self.lean * (2 * math.pi * times[frames]).sin() * (points[:, 2] > -0.2)
        y, z = points[:, 1], points[:, 2]
        bent = torch.stack([points[:, 0], angle.cos() * y + angle.sin() * z, angle.cos() * z - angle.sin() * y], -1)
        inside = (bent[:, :2].abs() < 0.18).all(1) & (bent[:, 2].abs() < 0.8)
        return 60.0 * inside.float(), torch.tensor([0.9, 0.5, 0.1]).expand(len(points), 3)


@pytest.fixture(scope="module")
def still() -> TrainState:
    state = TrainState.new(BENDING, 0)
    loaded = {"image": KnowingGuidance(BendingBar(0.0), torch.tensor([0.5])).loaded("a bar")}
    for step in range(STATIC.steps):
        take_step(state, "static", step, loaded, QUALITY, frame_times(8))
    return state


def test_bones_are_laid_out_along_what_is_solid(still):
    assert len(lay_out_skeleton(still)) == 6
    centres = still.field.skeleton.centres
    assert centres[:, :2].abs().max() < 0.3 and centres[:, 2].min() < -0.5 and centres[:, 2].max() > 0.5


def test_bones_stand_where_they_are_wanted_and_the_rest_between(still):
    wanted = torch.tensor([[0.0, 0.0, 0.3], [0.0, 0.0, -0.45], [2.0, 0.0, 0.0]])
    middles = lay_out_skeleton(still, wanted=wanted)
    centres = still.field.skeleton.centres
    # The third is nowhere near the bar.
    assert len(middles) == 6 and (centres[:2] - wanted[:2]).norm(dim=1).max() < 0.05 and centres.abs().max() < 1
    # Each is in the middle of what it holds.
    assert middles[:, :2].abs().max() < 0.1 and (middles - centres).norm(dim=1).max() < 0.3


def test_bones_learn_to_bend_and_the_body_at_rest_stays(still):
    times = frame_times(8)
    loaded = {"video": KnowingGuidance(BendingBar(0.6), times).loaded("a bar that bends")}
    before = still.field.space[0].detach().clone()
    for step in range(DYNAMIC.steps):
        take_step(still, "dynamic", step, loaded, QUALITY, times)
    assert torch.equal(before, still.field.space[0]) and still.field.baked is not None
    lean = 0.6 * math.sin(2 * math.pi * float(times[1]))
    tip = [0.0, -0.65 * math.sin(lean), 0.65 * math.cos(lean)]
    other = [0.0, -tip[1], tip[2]]
    density, _ = still.field(torch.tensor([tip, other]), torch.stack([times[1], times[5]]))
    opacity = 1 - torch.exp(-0.25 * density)
    # Leaning one way at one moment and the other way half a clip later.
    assert opacity[0, 0] > 0.7 > 0.3 > opacity[0, 1] and opacity[1, 1] > 0.7 > 0.3 > opacity[1, 0]


def test_what_is_thinner_than_the_cells_of_the_whole_scene_has_bones_along_it():
    """A wing 0.03 thick, where a cell of the whole scene has a side of 0.043."""
    state = TrainState.new(BENDING, 0)

    def wing(points, time):
        inside = (points[:, 0].abs() < 0.7) & (points[:, 1].abs() < 0.2) & ((points[:, 2] - 0.02).abs() < 0.015)
        return 60.0 * inside.float() + 20.0 * (points.norm(dim=1) < 0.1), torch.zeros(len(points), 3)

    state.field.at_rest = wing
    assert len(lay_out_skeleton(state)) == 6
    skeleton = state.field.skeleton
    cells = (skeleton.box[1] - skeleton.box[0]) / (skeleton.shape - 1)
    assert cells.max() - cells.min() < 1e-5 and cells.max() < 0.03 and skeleton.shape.prod() <= CELLS
    assert skeleton.centres[:, 0].min() < -0.6 and skeleton.centres[:, 0].max() > 0.6
    tips = skeleton.weights_at(torch.tensor([[-0.65, 0.0, 0.02], [0.65, 0.0, 0.02]]))
    assert (tips[0] * tips[1]).sum() < 1e-3


def test_a_scene_with_nothing_solid_gets_no_bones():
    state = TrainState.new(BENDING, 0)
    with torch.no_grad():
        state.field.second_bias[0] = -100.0
    assert len(lay_out_skeleton(state)) == 0 and not state.field.skeleton.is_laid_out
