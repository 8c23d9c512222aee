import math

import pytest
import torch

from engine.models.view_map import body_view, place_channels, place_map, ray_map
from engine.scene.cameras import Cameras

FRONT = Cameras(torch.tensor([0.0]), torch.tensor([0.0]), distance=4.0, fov=math.pi / 2)
AT_REST = (torch.zeros(1, 3), torch.eye(3)[None], torch.ones(1, 3))


def test_the_ray_map_holds_directions_and_moments():
    rays = ray_map(body_view(Cameras(torch.tensor([0.4]), torch.tensor([0.2])), 8), 3.2)
    direction, moment = rays[0, :3], rays[0, 3:]
    assert torch.allclose(direction.norm(dim=0), torch.ones(8, 8), atol=1e-5)
    assert torch.allclose((direction * moment).sum(0), torch.zeros(8, 8), atol=1e-5)


def test_at_rest_a_place_is_the_column_and_row_of_the_picture_and_their_waves():
    cameras = Cameras(torch.tensor([0.3, 2.0]), torch.tensor([0.2, -0.3]), fov=0.6)
    places = place_map(body_view(cameras, 4), cameras.fov, cameras.distance, 2)
    assert places.shape == (2, place_channels(2), 4, 4)
    centres = torch.tensor([-0.75, -0.25, 0.25, 0.75])
    assert torch.allclose(places[:, 0], centres.expand(2, 4, 4), atol=1e-5)
    assert torch.allclose(places[:, 1], centres[:, None].expand(2, 4, 4), atol=1e-5)
    assert torch.allclose(places[:, 2], (torch.pi * places[:, 0]).sin())
    assert torch.allclose(places[:, 9], (2 * torch.pi * places[:, 1]).cos())
    assert place_map(body_view(cameras, 4), 0.6, 3.2, 0).shape == (2, 0, 4, 4) and place_channels(0) == 0


def test_a_body_at_rest_is_seen_as_without_a_placement():
    there, here = body_view(FRONT, 4), body_view(FRONT, 4, AT_REST)
    assert torch.allclose(there.directions, here.directions, atol=1e-6)
    assert torch.allclose(there.position, here.position)


def test_a_body_twice_as_large_fills_twice_the_picture():
    places = place_map(body_view(FRONT, 4, (*AT_REST[:2], torch.full((1, 3), 2.0))), FRONT.fov, FRONT.distance, 1)
    assert places[0, 0, 0].tolist() == pytest.approx([-0.375, -0.125, 0.125, 0.375], abs=1e-5)


def test_the_place_of_a_body_that_stands_aside_is_where_it_is_seen():
    """2 m to the right before a camera 4 m away with half a view as wide as it is far: half-way to the right edge."""
    aside = (torch.tensor([[2.0, 0.0, 0.0]]), *AT_REST[1:])
    places = place_map(body_view(FRONT, 64, aside), FRONT.fov, FRONT.distance, 1)
    offset = places[0, :2].norm(dim=0)
    row, column = divmod(int(offset.argmin()), 64)
    assert offset.min() < 0.05
    assert row in (31, 32) and column in (47, 48)


def test_a_turned_body_is_seen_from_further_back():
    """A quarter turn counter-clockwise shows the side that a camera a quarter turn before would have seen."""
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    cameras = Cameras(torch.tensor([1.0]), torch.tensor([0.2]))
    turned = body_view(cameras, 4, (AT_REST[0], quarter, AT_REST[2]))
    before = body_view(Cameras(torch.tensor([1.0 - math.pi / 2]), torch.tensor([0.2])), 4)
    assert torch.allclose(turned.directions, before.directions, atol=1e-5)
    assert float(turned.cameras.azimuth) == pytest.approx(1.0 - math.pi / 2, abs=1e-5)
    assert float(turned.cameras.elevation) == pytest.approx(0.2, abs=1e-5)
