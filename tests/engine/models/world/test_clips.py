import math

import pytest
import torch

from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.scene.cameras import Cameras


def test_a_rendered_ball_has_the_right_size_place_and_colour():
    camera = Cameras(torch.tensor([0.0]), torch.tensor([0.0]))
    coefficients = render_coefficients("ball", "still", camera, 64, 1)
    image = compose(coefficients, torch.tensor([COLOURS["red"]]), torch.full((1, 3), 0.45))[0, 0]
    covered = coefficients[0, 0, 4].float() / 255
    angle = math.asin(0.42 / 3.2)
    radius = math.tan(angle) / math.tan(math.radians(19)) * 32
    assert float(covered.sum()) == pytest.approx(math.pi * radius**2, rel=0.03)
    assert image[0, 32, 32] > 3 * image[1, 32, 32]
    assert torch.allclose(image[:, 0, 0], torch.full((3,), 0.45), atol=0.01)


def test_one_render_serves_every_colour_and_background():
    # Half covered, lit by a half, with 0.2 of a fixed colour: 0.5 of the colour, 0.2, and half of the background.
    coefficients = torch.tensor([127.5, 51, 51, 51, 127.5]).round().to(torch.uint8).view(1, 1, 5, 1, 1)
    found = compose(coefficients, torch.tensor([[1.0, 0, 0.5]]), torch.tensor([[0.0, 1, 1]]))
    assert found.flatten().tolist() == pytest.approx([0.7, 0.7, 0.95], abs=0.005)
