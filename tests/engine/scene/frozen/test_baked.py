import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.field import Field
from engine.scene.frozen.baked import bake_body

CONFIG = FieldConfig(resolutions=(6, 11), times=4, channels=4, hidden=8)


@pytest.fixture(scope="module")
def field() -> Field:
    field = Field(CONFIG, torch.Generator().manual_seed(0))
    with torch.no_grad():
        # Where the body is at a moment is no matter at rest.
        field.trajectory.translation += 0.4
    return field


def test_a_baked_body_reads_as_the_field_at_rest_does(field):
    baked, points = bake_body(field, resolution=101), 2 * torch.rand(500, 3, generator=torch.Generator().manual_seed(1)) - 1
    density, colour = field.at_rest(points, 0.5)
    read_density, read_colour = baked.read(points)
    assert torch.allclose(read_density, density, atol=0.02 * float(density.max()))
    assert torch.allclose(read_colour, colour, atol=0.02)


def test_at_grid_points_it_is_exact(field):
    baked = bake_body(field, resolution=21)
    points = torch.tensor([[0.2, -0.5, 0.9], [0.0, 0.0, 0.0], [-1.0, 1.0, 0.3]])
    for one, other in zip(baked.read(points), field.at_rest(points, 0.5), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_outside_there_is_nothing_and_places_have_gradients(field):
    baked = bake_body(field, resolution=21)
    points = torch.tensor([[1.3, 0.0, 0.0], [0.31, 0.02, 0.01]], requires_grad=True)
    density, _ = baked.read(points)
    density.sum().backward()
    assert density[0] == 0 and points.grad[1].abs().sum() > 0
