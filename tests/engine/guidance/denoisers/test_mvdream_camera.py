import math

import torch

from engine.guidance.denoisers.mvdream_camera import camera_matrices
from engine.scene.cameras import Cameras

ROOT = math.sqrt(0.5)


def told(azimuth: float, elevation: float, distance: float = 3.2) -> torch.Tensor:
    """The matrix [4, 4] of one camera, angles in degrees."""
    angles = (torch.tensor([math.radians(angle)]) for angle in (azimuth, elevation))
    return camera_matrices(Cameras(*angles, distance=distance)).view(4, 4)


def close(matrix: torch.Tensor, rows: list[list[float]]) -> bool:
    return torch.allclose(matrix, torch.tensor(rows), atol=1e-6)


def test_the_front_camera_stands_at_plus_x_where_the_models_things_look():
    # Right is +Y, up +Z, and it looks along -X: back is +X.
    assert close(told(0, 0), [[0.0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def test_the_right_camera_stands_at_plus_y():
    assert close(told(90, 0), [[-1.0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1]])


def test_the_camera_above_looks_down_with_the_back_upwards():
    # In front of it, upwards in its picture, lies what is behind the thing: -X.
    assert close(told(0, 90), [[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])


def test_a_raised_camera_is_told_at_distance_one_whatever_its_own():
    expected = [[0.0, -ROOT, ROOT, ROOT], [1, 0, 0, 0], [0, ROOT, ROOT, ROOT], [0, 0, 0, 1]]
    assert close(told(0, 45, distance=1.0), expected) and close(told(0, 45, distance=7.0), expected)


def test_azimuth_minus_ninety_is_the_first_of_the_models_own_cameras():
    # MVDream's get_camera at azimuth 0 and elevation 15 degrees: at -Y, looking to +Y and down.
    low, high = math.sin(math.radians(15)), math.cos(math.radians(15))
    assert close(told(-90, 15), [[1.0, 0, 0, 0], [0, low, -high, -high], [0, high, low, low], [0, 0, 0, 1]])


def test_every_matrix_is_a_rotation_beside_a_place_on_its_own_back_axis():
    cameras = Cameras(torch.linspace(-3, 3, 7), torch.linspace(-1.5, 1.5, 7))
    matrices = camera_matrices(cameras).view(7, 4, 4)
    rotation = matrices[:, :3, :3]
    assert torch.allclose(rotation @ rotation.mT, torch.eye(3).expand(7, 3, 3), atol=1e-6)
    assert torch.allclose(torch.linalg.det(rotation), torch.ones(7), atol=1e-6)
    assert torch.allclose(matrices[:, :3, 3], rotation[:, :, 2], atol=1e-6)


def test_moving_cameras_have_a_matrix_for_each_frame():
    azimuth, elevation = torch.rand(2, 5), torch.rand(2, 5)
    moving = camera_matrices(Cameras(azimuth, elevation))
    assert moving.shape == (2, 5, 16)
    assert torch.allclose(moving[1, 3], camera_matrices(Cameras(azimuth[1, 3:4], elevation[1, 3:4]))[0])
