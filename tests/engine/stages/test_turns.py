"""Guidance that knows whether a thing turns, and which way."""

import math
from dataclasses import replace

import pytest
import torch

from engine.config.quality import STANDARD
from engine.pipeline.train import take_step
from engine.scene.frame_times import frame_times
from engine.stages.dynamic import dynamic_step
from engine.stages.static import static_step
from engine.stages.train_state import TrainState
from engine.stages.turns import try_turns, wanted_turn
from tests.engine.stages.knowing import FIELD, STAGE, KnowingGuidance

EIGHT = replace(FIELD, times=8)


class TurningBalls:
    """A stand-in for a field: a red ball in front of the axis and a blue one behind it, turning about Z."""

    def __init__(self, turns: float) -> None:
        self.turns = turns

    def packed(self, points, frames, times):
        angle = 2 * math.pi * self.turns * times[frames]
        ahead = 0.35 * torch.stack([angle.sin(), -angle.cos(), torch.zeros_like(angle)], -1)
        red, blue = ((points - side * ahead).norm(dim=-1) < 0.3 for side in (1, -1))
        colour = torch.where(red[:, None], torch.tensor([1.0, 0.1, 0.1]), torch.tensor([0.1, 0.1, 1.0]))
        return 60.0 * (red | blue).float(), colour


@pytest.fixture(scope="module")
def still_scene() -> TrainState:
    scene = TrainState.new(EIGHT, 0)
    guidance = KnowingGuidance(TurningBalls(0.0), torch.tensor([0.5]))
    scene.free(STAGE.rates)
    for step in range(STAGE.steps):
        scene.set_rates(STAGE.rates, 1 - step / STAGE.steps)
        static_step(scene, guidance.loaded("balls"), STAGE, step / STAGE.steps)
    scene.occupancy.update(scene.field, torch.tensor([0.5]))
    return scene


@pytest.mark.parametrize("turns", [0, 1, -1])
def test_the_turn_that_the_guidance_knows_is_kept(still_scene, turns):
    times = frame_times(8)
    still_scene.field.trajectory.rotation.data.zero_()
    guidance = KnowingGuidance(TurningBalls(turns), times)
    assert try_turns(still_scene, guidance.loaded("balls"), STAGE, times) == turns
    yaw = still_scene.field.trajectory.rotation[:, 2].detach()
    assert torch.allclose(yaw, 2 * math.pi * turns * times, atol=1e-5)


def test_turns_are_tried_before_anything_moves(still_scene):
    times = frame_times(8)
    for parameter in still_scene.field.trajectory.parameters():
        parameter.data.zero_()
    rate = 0.03
    dynamic = replace(STAGE, cameras=1, rates=replace(STAGE.rates, trajectory=rate), rigid_until=0.5)
    loaded = {"video": KnowingGuidance(TurningBalls(1), times).loaded("balls")}
    take_step(still_scene, "dynamic", 0, loaded, replace(STANDARD, field=EIGHT, dynamic=dynamic), times)
    yaw = still_scene.field.trajectory.rotation[:, 2].detach()
    assert torch.allclose(yaw, 2 * math.pi * times, atol=1.01 * rate)


def test_the_rigid_part_moves_the_trajectory_and_nothing_else(still_scene):
    times = frame_times(8)
    scene = still_scene
    for parameter in scene.field.trajectory.parameters():
        parameter.data.zero_()
    rates = replace(STAGE.rates, trajectory=0.03)
    scene.free(rates, rigid_only=True)
    scene.set_rates(rates, 1.0)
    before = {name: value.clone() for name, value in scene.field.state_dict().items()}
    guidance = KnowingGuidance(TurningBalls(0.08), times)
    for step in range(20):
        dynamic_step(scene, guidance.loaded("balls"), replace(STAGE, cameras=1), step / 20, times)
    for name, value in scene.field.state_dict().items():
        assert torch.equal(value, before[name]) != name.startswith("trajectory"), name
    yaw = scene.field.trajectory.rotation[:, 2].detach()
    assert float(yaw[-1]) == pytest.approx(2 * math.pi * 0.08 * float(times[-1]), abs=0.15)


def test_a_turn_must_be_clearly_better_than_none():
    assert wanted_turn({0: 1.0, 1: 0.8, -1: 1.1}) == 1
    assert wanted_turn({0: 1.0, 1: 0.84, -1: 0.8}) == -1
    assert wanted_turn({0: 1.0, 1: 1.2, -1: 1.1}) == 0
    assert wanted_turn({0: 1.0, 1: 0.9, -1: 1.1}) == 0
