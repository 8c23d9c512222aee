"""A bar whose upper half a model takes to lean to and fro, or to go right round."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.guidance.joint_motion import JointMotion
from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.models.world.skeleton import JOINTS
from engine.scene.frame_times import frame_times
from engine.stages.joint_motion import begin_joint_motion, is_set_in
from engine.stages.train_state import TrainState
from tests.engine.stages.knowing import FIELD

BENDING = replace(FIELD, times=8, bones=6)
NAMES = ("hips", "waist", "chest")


class Leaning(Guidance):
    """Joints at the foot, the middle and the top of a bar; the top leans by `angle(t)` about X."""

    def __init__(self, angle) -> None:
        self.angle = angle

    def joint_motion(self, prompt, times, given=False):
        rest, used = torch.zeros(len(JOINTS), 3), torch.zeros(len(JOINTS), dtype=torch.bool)
        index = [JOINTS.index(name) for name in NAMES]
        rest[index, 2], used[index] = torch.tensor([-0.75, 0.0, 0.75]), True
        moved, angle = rest.repeat(len(times), 1, 1), self.angle(times)
        moved[:, index[2], 1], moved[:, index[2], 2] = -0.75 * angle.sin(), 0.75 * angle.cos()
        return JointMotion(rest, moved, used)


@pytest.fixture
def bar() -> TrainState:
    state = TrainState.new(BENDING, 0)

    def density(points, time):
        # No wider than a wheel.
        inside = (points.abs() < torch.tensor([0.05, 0.12, 0.8])).all(1)
        return 60.0 * inside.float(), torch.zeros(len(points), 3)

    state.field.at_rest = density
    return state


@pytest.mark.parametrize(
    "angle", [lambda t: 0.6 * (2 * math.pi * t).sin(), lambda t: 2 * math.pi * t, lambda t: -4 * math.pi * t + 0.3]
)
def test_bones_begin_where_the_model_takes_the_joints(bar, angle):
    assert begin_joint_motion(bar, LoadedGuidance(Leaning(angle), "a bar"))
    skeleton, times = bar.field.skeleton, frame_times(8)
    tip, foot = torch.tensor([[0.0, 0.05, 0.7]]), torch.tensor([[0.0, 0.05, -0.7]])
    for frame in range(8):
        sine, cosine = math.sin(float(angle(times[frame]))), math.cos(float(angle(times[frame])))
        moved = skeleton.to_posed(torch.cat([tip, foot]), torch.full((2,), frame), times)
        expected = [0.0, 0.05 * cosine - 0.7 * sine, 0.05 * sine + 0.7 * cosine]
        assert moved[0].tolist() == pytest.approx(expected, abs=0.06)
        assert moved[1].tolist() == pytest.approx(foot[0].tolist(), abs=0.02)


def test_what_goes_right_round_does_so_beneath_the_waves(bar):
    begin_joint_motion(bar, LoadedGuidance(Leaning(lambda t: 2 * math.pi * t), "a bar"))
    turns, centres = bar.field.skeleton.turns, bar.field.skeleton.centres
    # The bone in the middle goes with the half that holds more of it.
    top = (centres[:, 2] > 0.2) | ((centres[:, 2].abs() <= 0.2) & turns.any(1))
    assert torch.allclose(turns[top], torch.tensor([2 * math.pi, 0.0, 0.0]), atol=1e-3) and not turns[~top].any()
    # The waves have nothing left to do but the way round.
    assert bar.field.skeleton.rotation[1:].abs().max() < 0.02


def test_a_model_that_knows_no_joints_changes_nothing(bar):
    class Silent(Guidance):
        """A video model that knows pictures alone."""

    assert not begin_joint_motion(bar, LoadedGuidance(Silent(), "a bar"))
    assert not bar.field.skeleton.is_laid_out


def test_a_body_of_one_joint_changes_nothing(bar):
    class Ball(Leaning):
        def joint_motion(self, prompt, times, given=False):
            found = super().joint_motion(prompt, times, given)
            return replace(found, used=found.used & (torch.arange(len(JOINTS)) == JOINTS.index("hips")))

    assert not begin_joint_motion(bar, LoadedGuidance(Ball(lambda t: t), "a ball"))


def test_a_wheel_in_its_archis_set_in_and_one_on_its_axle_is_not():
    x, y, z = np.meshgrid(*[np.arange(24)] * 3, indexing="ij")
    wheel = (np.hypot(y - 12, z - 8) < 6) & (abs(x - 6) < 2)
    body = (x > 4) & (z > 8)
    axle = (np.hypot(y - 12, z - 8) < 1.5) & (x > 4)
    for rest, expected in ((body, True), (axle, False)):
        solid = wheel | rest
        assert is_set_in(solid, wheel[solid]) is expected


def test_nothing_solid_gets_no_bones_and_says_so(bar):
    bar.field.at_rest = lambda points, time: (torch.zeros(len(points)), torch.zeros(len(points), 3))
    assert begin_joint_motion(bar, LoadedGuidance(Leaning(lambda t: t), "a bar")) and not bar.field.skeleton.is_laid_out
