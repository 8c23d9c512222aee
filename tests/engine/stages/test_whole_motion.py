import math

import pytest
import torch

from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.models.world.placements import placement
from engine.scene.frame_times import frame_times
from engine.scene.trajectory import rotation_matrix
from engine.stages.train_state import TrainState
from engine.stages.whole_motion import begin_whole_motion, continuous_rotation_vectors
from tests.engine.stages.knowing import FIELD

TIMES = frame_times(FIELD.times)


class Placing(Guidance):
    def __init__(self, name: str, cycles: int = 1) -> None:
        self.motion = name, cycles

    def whole_motion(self, prompt, times):
        name, cycles = self.motion
        centre, rotation, scale = placement(name, times, "", cycles)
        return centre, rotation, scale / placement("still", times)[2]


@pytest.mark.parametrize("name", ["still", "bouncing", "spinning", "growing", "orbiting", "swinging", "jumping"])
def test_a_trajectory_begins_where_the_model_takes_the_body_to_be(name):
    scene = TrainState.new(FIELD, 0)
    assert begin_whole_motion(scene, LoadedGuidance(Placing(name), "a ball"), TIMES)
    found = scene.field.trajectory.placement(TIMES)
    for value, wanted in zip(found, Placing(name).whole_motion("", TIMES), strict=True):
        torch.testing.assert_close(value.detach(), wanted, atol=1e-4, rtol=1e-4)


def test_a_model_that_does_not_say_changes_nothing():
    class Silent(Guidance):
        """A video model that knows pictures alone."""

    scene = TrainState.new(FIELD, 0)
    assert not begin_whole_motion(scene, LoadedGuidance(Silent(), "a ball"), TIMES)
    assert all(not parameter.any() for parameter in scene.field.trajectory.parameters())


@pytest.mark.parametrize("turns", [1, -1, 2])
def test_whole_turns_go_on(turns):
    angle = 2 * math.pi * turns * frame_times(16)
    wanted = torch.stack([0 * angle, 0 * angle, angle], 1)
    found = continuous_rotation_vectors(rotation_matrix(wanted))
    torch.testing.assert_close(found.diff(dim=0), wanted.diff(dim=0), atol=1e-4, rtol=0)


def test_rocking_to_and_fro_passes_through_no_turn():
    tilt = torch.linspace(-0.6, 0.6, 9)
    wanted = torch.stack([0 * tilt, tilt, 0 * tilt], 1)
    torch.testing.assert_close(continuous_rotation_vectors(rotation_matrix(wanted)), wanted, atol=1e-4, rtol=0)
