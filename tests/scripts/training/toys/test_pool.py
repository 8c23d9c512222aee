import math

import pytest
import torch

from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import BOUNDING_RADIUS, SHAPES, distance
from engine.scene.cameras import Cameras
from engine.scene.frame_times import frame_times
from scripts.training.toys.pool import held_out, mirror

GRID = torch.linspace(-0.7, 0.7, 97)
POINTS = torch.cartesian_prod(GRID, GRID, GRID)
CELL = float(GRID[1] - GRID[0]) ** 3


@pytest.mark.parametrize(
    ("shape", "volume"),
    [
        ("ball", 4 / 3 * math.pi * 0.42**3),
        ("cube", 0.72**3),
        ("cone", math.pi * 0.43**2 * 0.86 / 3),
        ("cylinder", math.pi * 0.36**2 * 0.84),
        ("torus", 2 * math.pi**2 * 0.34 * 0.15**2),
    ],
)
def test_ideal_solids_have_their_volumes(shape, volume):
    assert float((distance(shape, POINTS) < 0).sum()) * CELL == pytest.approx(volume, rel=0.04)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_fit_their_bounding_sphere_and_are_symmetric_in_x(shape):
    inside = distance(shape, POINTS) < 0
    assert POINTS[inside].norm(dim=-1).max() < BOUNDING_RADIUS
    assert torch.equal(inside, distance(shape, POINTS * torch.tensor([-1.0, 1.0, 1.0])) < 0)


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


@pytest.mark.parametrize("motion", ["spinning", "sliding", "orbiting", "swinging", "bouncing", "jumping"])
def test_mirrored_clips_are_the_opposite_view(motion):
    there = render_coefficients("duck", motion, Cameras(torch.tensor([0.7]), torch.tensor([0.3])), 16)
    opposite = render_coefficients("duck", motion, Cameras(torch.tensor([-0.7]), torch.tensor([0.3])), 16)
    difference = (mirror(there[0], motion).float() - opposite[0].float()).abs()
    assert difference.mean() < 0.5


def test_an_eighth_of_all_combinations_is_held_out():
    left_out = [held_out(c, s, m) for c in range(8) for s in range(len(SHAPES)) for m in range(len(MOTIONS))]
    assert sum(left_out) == len(left_out) / 8 >= len(left_out) / 10
