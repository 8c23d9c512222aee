import pytest
import torch

from engine.models.world.motions import MOTIONS
from engine.scene.frame_times import frame_times


@pytest.mark.parametrize("motion", MOTIONS)
def test_motions_loop(motion):
    place = MOTIONS[motion](torch.tensor([0.0, 1.0]))
    for value in place:
        assert torch.allclose(value[0], value[1], atol=1e-5)


def test_motions_are_as_large_as_their_words():
    t = frame_times(16)
    lift = MOTIONS["bouncing"](t)[0][:, 2]
    assert lift.max() - lift.min() > 0.7
    growth = MOTIONS["growing"](t)[2].prod(-1)
    assert growth.max() / growth.min() > 8
    squash = MOTIONS["jumping"](t)[2].prod(-1)
    assert torch.allclose(squash, torch.ones(16), atol=1e-5)
    turn = MOTIONS["spinning"](t)[1]
    assert torch.allclose(turn[1] @ turn[0].T, MOTIONS["spinning"](torch.tensor([1 / 16]))[1][0], atol=1e-5)
