import math

import pytest
import torch

from engine.models.world.placements import PLACEMENTS, REACH, SCALES, placement

TIMES = torch.linspace(0, 1, 65)


@pytest.mark.parametrize("motion", PLACEMENTS)
@pytest.mark.parametrize("size", SCALES)
def test_motions_loop_and_stay_in_the_scene(motion, size):
    centre, rotation, scale = placement(motion, TIMES, size)
    for value in (centre, rotation, scale):
        assert torch.allclose(value[0], value[-1], atol=1e-4)
    assert torch.allclose(rotation @ rotation.transpose(1, 2), torch.eye(3).expand(65, 3, 3), atol=1e-5)
    assert (centre.abs() + REACH * scale).max() < 1


def test_a_body_that_orbits_faces_where_it_goes():
    centre, rotation, _ = placement("orbiting", torch.tensor([0.2, 0.2 + 1e-3]))
    ahead = torch.nn.functional.normalize(centre[1] - centre[0], dim=0)
    assert torch.allclose(rotation[0] @ torch.tensor([0.0, -1.0, 0.0]), ahead, atol=2e-2)


def test_sizes_are_scales_and_cycles_repeat():
    small, medium = placement("still", torch.zeros(1), "small"), placement("still", torch.zeros(1))
    assert float(small[2][0, 0] / medium[2][0, 0]) == pytest.approx(0.45 / 0.72)
    once, twice = placement("sliding", torch.tensor([0.25])), placement("sliding", torch.tensor([0.125, 0.625]), cycles=2)
    assert torch.allclose(twice[0], once[0].expand(2, 3), atol=1e-6)


def test_a_spin_turns_counter_clockwise():
    _, rotation, _ = placement("spinning", torch.tensor([0.25]))
    assert torch.allclose(rotation[0] @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]), atol=1e-6)


def test_a_jump_keeps_its_volume_and_a_bounce_starts_at_the_bottom():
    _, _, scale = placement("jumping", TIMES)
    assert torch.allclose(scale.prod(-1), scale[0].prod().expand(65), rtol=1e-4)
    height = placement("bouncing", TIMES)[0][:, 2]
    assert height[0] == height.min() and height.max() - height.min() > 0.75
    assert math.isclose(float(height[32]), float(height.min()), abs_tol=1e-4)
