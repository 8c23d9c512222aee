from dataclasses import replace

import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.field import Field
from engine.scene.lookup import line_taps, lines_at

SMALL = FieldConfig(resolutions=(6, 11), times=5, channels=4, hidden=8)


def moving_field(seed: int = 0, trajectory: bool = True) -> Field:
    generator = torch.Generator().manual_seed(seed)
    field = Field(replace(SMALL, trajectory=trajectory), generator)
    for planes in field.time:
        planes.data = torch.randn(planes.shape, generator=generator)
    return field


def points(count: int) -> torch.Tensor:
    # Some lie on and outside the border.
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(1)) * 2.2 - 1.1


TIMES = torch.tensor([0.0, 0.1, 0.37, 0.9, 1.0])


@pytest.mark.parametrize("trajectory", [True, False])
def test_fast_form_equals_six_grid_samples_a_level(trajectory):
    field = moving_field(trajectory=trajectory)
    fast, plain = field(points(200), TIMES), field.plain(points(200), TIMES)
    assert torch.allclose(fast[0], plain[0], atol=1e-4)
    assert torch.allclose(fast[1], plain[1], atol=1e-5)


@pytest.mark.parametrize("trajectory", [True, False])
def test_fast_and_plain_gradients_are_equal(trajectory):
    gradients = []
    for form in ("forward", "plain"):
        field = moving_field(trajectory=trajectory)
        density, colour = getattr(field, form)(points(100), TIMES)
        (density.square().mean() * 1e-2 + colour.square().sum()).backward()
        gradients.append([parameter.grad for parameter in field.parameters()])
    for fast, plain in zip(*gradients, strict=True):
        assert torch.allclose(fast, plain, atol=2e-4, rtol=1e-3)


def test_each_frame_may_have_points_of_its_own():
    field = moving_field()
    own = points(30).view(5, 6, 3)
    density, colour = field.at(own, TIMES)
    for frame in range(5):
        expected = field(own[frame], TIMES[frame : frame + 1])
        assert torch.allclose(density[frame], expected[0][0], atol=1e-5)
        assert torch.allclose(colour[frame], expected[1][0], atol=1e-6)


def test_motion_begins_at_identity():
    field = Field(SMALL, torch.Generator().manual_seed(0))
    density, colour = field(points(50), TIMES)
    assert torch.allclose(density[0], density[4], rtol=1e-4) and torch.allclose(colour[0], colour[4])


def test_a_new_field_is_a_blob_at_the_origin():
    field = Field(SMALL, torch.Generator().manual_seed(0))
    density, _ = field(torch.tensor([[0.0, 0.0, 0.0], [0.9, 0.9, 0.9]]), torch.tensor([0.5]))
    assert density[0, 0] > 20 > 2 > density[0, 1]


def test_line_taps_interpolate_between_the_ends():
    index, weight = line_taps(torch.tensor([-1.0, 0.0, 0.25, 1.0, 3.0]), 5)
    assert index.tolist() == [0, 2, 2, 3, 3]
    assert torch.allclose(weight, torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))


def test_time_texels_stand_at_frame_centres():
    planes = torch.arange(4.0).view(1, 4, 1, 1).expand(3, 4, 2, 1)
    values = lines_at(planes, torch.tensor([0.0, 0.125, 0.25, 0.625, 1.0]))[:, 0, 0, 0]
    assert torch.allclose(values, torch.tensor([0.0, 0.0, 0.5, 2.0, 3.0]))


@pytest.mark.parametrize("trajectory", [True, False])
def test_fast_and_plain_are_equal_where_each_frame_has_points_of_its_own(trajectory):
    field, own = moving_field(trajectory=trajectory), points(100).view(5, 20, 3)
    fast, plain = field.at(own, TIMES), field.plain(own, TIMES)
    assert torch.allclose(fast[0], plain[0], atol=1e-4) and torch.allclose(fast[1], plain[1], atol=1e-5)
