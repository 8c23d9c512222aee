import math

import pytest
import torch

from engine.models.world.shapes import BOUNDING_RADIUS, SHAPES, distance

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
