import pytest
import torch

from engine.models.world.clips import COLOURS, render_coefficients
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import Cameras
from scripts.training.toys.pool import held_out, mirror


@pytest.mark.parametrize("motion", ["spinning", "sliding", "orbiting", "swinging", "bouncing", "jumping"])
def test_mirrored_clips_are_the_opposite_view(motion):
    there = render_coefficients("duck", motion, Cameras(torch.tensor([0.7]), torch.tensor([0.3])), 16)
    opposite = render_coefficients("duck", motion, Cameras(torch.tensor([-0.7]), torch.tensor([0.3])), 16)
    difference = (mirror(there[0], motion).float() - opposite[0].float()).abs()
    assert difference.mean() < 0.5


def test_an_eighth_of_all_combinations_is_held_out():
    left_out = [held_out(c, s, m) for c in range(len(COLOURS)) for s in range(len(SHAPES)) for m in range(len(MOTIONS))]
    assert sum(left_out) == len(left_out) / 8 >= len(left_out) / 10
