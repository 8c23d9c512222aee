import math

import pytest
import torch

from engine.models.world import scene, tracing
from engine.models.world.words.lexicon import COLOURS
from engine.scene.cameras import Cameras

FOV = math.radians(27)


def cameras(azimuth: float, elevation: float) -> Cameras:
    return Cameras(torch.tensor([azimuth]), torch.tensor([elevation]), fov=FOV)


def test_a_ball_has_the_right_size_place_and_colour():
    body = scene.moments("ball", "resting", torch.zeros(1))
    coefficients = tracing.render(body, cameras(0.9, 0.0), 64)[0, 0]
    covered = coefficients[5].float() / 255
    radius = math.tan(math.asin(0.46 / 3.2)) / math.tan(FOV / 2) * 32
    assert float(covered.sum()) == pytest.approx(math.pi * radius**2, rel=0.02)
    red, blue, grey = (torch.tensor([COLOURS[name]]) for name in ("red", "blue", "grey"))
    image = tracing.compose(coefficients[None], red, blue, grey)[0]
    # The front wedge is to the left of a camera that has gone to the right.
    assert image[0, 32, 46] > 3 * image[2, 32, 46] and image[2, 32, 20] > 3 * image[0, 32, 20]
    assert torch.allclose(image[:, 0, 0], grey[0], atol=0.01)


def test_a_picture_agrees_with_the_exact_solid():
    """Rays through pixels that the picture calls body meet the solid; the others pass it by."""
    body, view = scene.moments("dog", "running", torch.tensor([0.2])), cameras(1.1, 0.3)
    covered = tracing.render(body, view, 32)[0, 0, 5].flatten().float() / 255
    origins, directions = view.rays(32, 32)
    along = torch.linspace(2.3, 4.1, 240)
    points = origins.view(-1, 1, 3) + along[:, None] * directions.view(-1, 1, 3)
    nearest = scene.distance("dog", "running", 0.2, points.reshape(-1, 3)).view(-1, 240).amin(1)
    assert (nearest[covered > 0.99] < 0.004).all()
    assert (nearest[covered < 0.01] > -0.004).all()
    assert 0.1 < float(covered.mean()) < 0.4


def test_many_moments_and_cameras_are_rendered_as_each_alone():
    body = scene.moments("bird", "flying", torch.tensor([0.1, 0.6]))
    both = Cameras(torch.tensor([0.3, 2.5]), torch.tensor([0.1, 0.8]), fov=FOV)
    together = tracing.render(body, both, 16)
    alone = tracing.render_moment(body, 1, cameras(2.5, 0.8), 16)
    assert together.shape == (2, 2, tracing.COEFFICIENTS, 16, 16)
    assert (together[1, 1].float() - alone[0].float()).abs().mean() < 0.2


def test_the_light_stands_in_front_and_above():
    body = scene.moments("cube", "resting", torch.zeros(1))
    top = tracing.render(body, cameras(0.0, math.radians(60)), 32)[0, 0].float().amax((1, 2))
    back = tracing.render(body, cameras(math.pi, 0.0), 32)[0, 0].float().amax((1, 2))
    assert back[0] == pytest.approx(255 * tracing.AMBIENT, abs=2)
    assert top[0] == pytest.approx(255 * (tracing.AMBIENT + tracing.SKY + 0.8 * tracing.LAMP), abs=2)
