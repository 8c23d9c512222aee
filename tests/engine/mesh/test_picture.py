import math

import numpy as np
import pytest
import torch

from engine.mesh.picture import draw_shaded, draw_textured
from engine.mesh.surface import Mesh
from engine.scene.cameras import Cameras
from scripts.benchmark.sequences import meshed

FRONT = Cameras(torch.tensor([0.0]), torch.tensor([0.0]))
QUAD = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]], np.float32)
HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def test_a_ball_is_as_large_as_a_pinhole_shows_it():
    ball = meshed(lambda p: np.linalg.norm(p, axis=1) - 0.5, 0)
    picture = draw_shaded(ball, FRONT, 128)
    seen = (picture != 255).any(-1)
    # The silhouette of a ball at 3.2 m: its half-angle is asin(0.5 / 3.2).
    radius = math.tan(math.asin(0.5 / FRONT.distance)) / math.tan(FRONT.fov / 2) * 64
    assert seen.sum() == pytest.approx(math.pi * radius**2, rel=0.03)
    assert np.argwhere(seen).mean(0) == pytest.approx([63.5, 63.5], abs=0.5)


def test_a_texture_is_the_right_way_up():
    albedo = np.zeros((64, 64, 3), np.uint8)
    albedo[:32, :32] = [255, 0, 0]
    albedo[32:, 32:] = [0, 0, 255]
    picture = draw_textured(Mesh(QUAD, HALVES), CORNERS[HALVES], albedo, FRONT, 64, 0.5)
    assert picture[2, 2] == pytest.approx([0.5] * 3)
    assert picture[26, 26] == pytest.approx([1, 0, 0]) and picture[38, 38] == pytest.approx([0, 0, 1])


def test_the_nearer_of_two_is_seen():
    both = Mesh(np.concatenate([QUAD, QUAD - [0, 0.5, 0]]).astype(np.float32), np.concatenate([HALVES, HALVES + 4]))
    colours = np.repeat([[1.0, 0, 0], [0, 1.0, 0]], 4, 0)
    centre = draw_shaded(both, FRONT, 32, colours)[16, 16]
    assert centre[0] == 0 and centre[1] > 80
