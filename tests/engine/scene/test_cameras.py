import math
from dataclasses import replace

import pytest
import torch

from engine.scene.cameras import Cameras, Mount, random_cameras


def one(azimuth: float, elevation: float, **options) -> Cameras:
    return Cameras(torch.tensor([azimuth]), torch.tensor([elevation]), **options)


def test_front_camera_stands_at_minus_y_and_looks_along_plus_y():
    camera = one(0.0, 0.0, distance=3.0)
    right, up, forward = camera.axes()
    assert torch.allclose(camera.positions(), torch.tensor([[0.0, -3.0, 0.0]]), atol=1e-6)
    assert torch.allclose(forward, torch.tensor([[0.0, 1.0, 0.0]]), atol=1e-6)
    assert torch.allclose(right, torch.tensor([[1.0, 0.0, 0.0]]), atol=1e-6)
    assert torch.allclose(up, torch.tensor([[0.0, 0.0, 1.0]]), atol=1e-6)


def test_azimuth_grows_towards_plus_x():
    assert torch.allclose(one(math.pi / 2, 0.0, distance=2.0).positions(), torch.tensor([[2.0, 0.0, 0.0]]), atol=1e-6)


def test_corner_rays_span_the_field_of_view():
    origins, directions = one(0.0, 0.0, fov=math.radians(90)).rays(101, 101)
    assert torch.allclose(directions[0, 50, 50], torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)
    # The topmost pixel centre is half a pixel inside the edge at 45 degrees.
    edge = torch.tensor([0.0, 1.0, 1 - 1 / 101])
    assert torch.allclose(directions[0, 0, 50], edge / edge.norm(), atol=1e-6)
    assert origins.shape == directions.shape == (1, 101, 101, 3)


def test_random_azimuths_cover_the_turn_evenly():
    cameras = random_cameras(8, torch.Generator().manual_seed(0), elevation=(-0.2, 0.4))
    sectors = (cameras.azimuth.sort().values.diff()).abs()
    assert sectors.max() < 2 * 2 * math.pi / 8
    assert cameras.elevation.min() >= -0.2 and cameras.elevation.max() <= 0.4


def test_moving_cameras_have_rays_for_each_frame():
    cameras = Cameras(torch.zeros(2, 5), torch.zeros(2, 5))
    assert cameras.moving
    assert cameras.rays(4, 6)[1].shape == (2, 5, 4, 6, 3)


def test_a_mount_carries_cameras_so_that_the_body_looks_as_at_rest():
    rotation = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    mount = Mount.of(torch.tensor([[0.3, 0.1, -0.2]]), rotation[None], torch.tensor([[0.5, 0.5, 0.8]]))
    seen = Cameras(torch.tensor([[0.4]]), torch.tensor([[0.2]]), fov=0.5)
    from_mount = replace(seen, mount=mount)
    points = torch.tensor([[0.2, -0.1, 0.3], [-0.3, 0.2, 0.1]])
    moved = points @ (rotation * torch.tensor([0.5, 0.5, 0.8])).T + torch.tensor([0.3, 0.1, -0.2])
    for point, there in zip(points, moved, strict=True):
        at_rest, carried = (nearest_pixel(cameras, place) for cameras, place in ((seen, point), (from_mount, there)))
        assert at_rest == carried


def nearest_pixel(cameras, place):
    """The pixel whose ray passes nearest to a place."""
    origins, directions = (value.reshape(-1, 3) for value in cameras.rays(64, 64))
    return int(torch.linalg.cross(place - origins, directions).norm(dim=-1).argmin())


def test_followed_from_the_same_side_of_the_scene():
    quarter = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    mount = Mount.of(torch.zeros(2, 3), torch.stack([torch.eye(3), quarter]), torch.ones(2, 3))
    followed = Cameras(torch.tensor([0.3]), torch.tensor([0.1])).follow(mount)
    # A body that is turned to the left, seen from where it was seen before, shows its other side.
    assert torch.allclose(followed.positions()[0, 0], followed.positions()[0, 1], atol=1e-5)
    assert followed.azimuth[0].tolist() == pytest.approx([0.3, 0.3 - math.pi / 2])
    assert followed.on_body().mount is None and followed.per_frame(2).azimuth.shape == (2,)
    with pytest.raises(ValueError, match="each of its frames"):
        Cameras(torch.zeros(1), torch.zeros(1), mount=mount)
