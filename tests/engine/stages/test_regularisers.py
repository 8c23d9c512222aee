import math

import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.field import Field
from engine.scene.trajectory import Trajectory
from engine.stages.regularisers import (
    opacity_entropy,
    solidity,
    time_smoothness,
    total_variation,
    trajectory_jitter,
    trajectory_offset,
)

SHAPE = FieldConfig((3,), times=4, channels=1, hidden=2)


def flat_field() -> Field:
    field = Field(SHAPE, torch.Generator().manual_seed(0))
    for planes in field.space:
        planes.data.zero_()
    return field


def test_entropy_is_highest_at_half_and_nothing_at_the_ends():
    assert float(opacity_entropy(torch.tensor([0.5]))) == pytest.approx(math.log(2))
    assert float(opacity_entropy(torch.tensor([0.0, 1.0]))) < 0.003
    assert float(solidity(torch.tensor([20.0]), 40.0)) == pytest.approx(math.log(2))


def test_total_variation_of_a_step_by_hand():
    field = flat_field()
    field.space[0].data[0, :, 2] = 1.0
    # Along the second index 3 of 3 * 3 * 2 differences are 1; along the first none.
    assert float(total_variation(field)) == pytest.approx(3 / 18)


def test_a_body_may_turn_evenly_but_not_jitter():
    trajectory = Trajectory(4)
    trajectory.rotation.data[:, 2] = torch.arange(4.0)
    trajectory.translation.data[2] = 9.0
    assert float(trajectory_jitter(trajectory)) == 0
    trajectory.log_scale.data[1, 0] = 0.5
    # Second differences -1 and 0.5.
    assert float(trajectory_jitter(trajectory)) == pytest.approx(1.25)


def test_size_and_leaning_have_no_mean_but_turning_and_place_may():
    trajectory = Trajectory(4)
    trajectory.rotation.data[:, 2] = 3.0
    trajectory.translation.data[:] = 1.0
    trajectory.log_scale.data[:, 1] = torch.tensor([0.3, -0.3, 0.3, -0.3])
    assert float(trajectory_offset(trajectory)) == pytest.approx(0, abs=1e-9)
    trajectory.rotation.data[:, 0] = torch.tensor([0.2, 0.0, 0.2, 0.0])
    assert float(trajectory_offset(trajectory)) == pytest.approx(4 * 0.1**2)


def test_smoothness_lets_steady_change_pass_and_marks_a_kick():
    field = flat_field()
    field.time[0].data[:] = torch.arange(4.0).view(1, 4, 1, 1)
    assert float(time_smoothness(field)) == 0
    field.time[0].data.zero_()
    field.time[0].data[0, 1] = 1.0
    # Second differences along time: -2 and 1 in one plane of three, two windows each.
    assert float(time_smoothness(field)) == pytest.approx((4 + 1) / 6)
