import pytest
import torch

from engine.guidance.load import LoadedGuidance
from engine.guidance.protocol import Guidance
from engine.models.world.placements import placement
from engine.scene.frame_times import frame_times
from engine.stages.train_state import TrainState
from engine.stages.whole_motion import begin_whole_motion
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
