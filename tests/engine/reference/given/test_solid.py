"""The inside of closed, open, inverted and flat surfaces, held to volumes that are known."""

import numpy as np
import pytest

from engine.reference.given.solid import signed_depth
from tests.engine.reference.given.shapes import Shape, box, ellipsoid, joined

COUNT = 48
CELL = 2 / (COUNT - 1)


def volume(shape: Shape) -> float:
    vertices, faces = shape
    triangles = np.array([(face[0], face[i], face[i + 1]) for face in faces for i in range(1, len(face) - 1)], np.int32)
    return float((signed_depth(vertices, triangles, COUNT) > 0).sum() * CELL**3)


def inverted(shape: Shape) -> Shape:
    return shape[0], [face[::-1] for face in shape[1]]


BALL = ellipsoid((0, 0, 0), (0.5, 0.5, 0.5), 24, 36)


@pytest.mark.parametrize("shape", [BALL, inverted(BALL)])
def test_a_ball_is_full_whichever_way_it_faces(shape):
    assert volume(shape) == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.04)


def test_a_hole_is_closed_in_thought():
    vertices, faces = BALL
    open_ball = vertices, [face for face in faces if vertices[list(face)][:, 2].mean() < 0.35]
    assert volume(open_ball) == pytest.approx(4 / 3 * np.pi * 0.125, rel=0.15)


def test_shells_in_one_another_are_one_solid():
    whole = box((-0.5, -0.3, -0.3), (0.3, 0.3, 0.3))
    arm = box((0.1, -0.1, -0.1), (0.7, 0.1, 0.1))
    assert volume(joined(whole, inverted(arm))) == pytest.approx(0.8 * 0.36 + 0.4 * 0.04, rel=0.08)


def test_a_sheet_is_as_thick_as_a_cell_or_two():
    sheet = np.array([[-0.5, -0.5, 0.01], [0.5, -0.5, 0.01], [0.5, 0.5, 0.01], [-0.5, 0.5, 0.01]]), [(0, 1, 2, 3)]
    assert CELL < volume(sheet) < 2.5 * CELL


def test_depth_is_in_cells_and_ends_away_from_the_surface():
    vertices, faces = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))
    triangles = np.array([(face[0], face[i], face[i + 1]) for face in faces for i in (1, 2)], np.int32)
    depth = signed_depth(vertices, triangles, COUNT)
    axis = np.linspace(-1, 1, COUNT)
    middle = COUNT // 2
    for number in range(COUNT):
        expected = np.clip((0.5 - abs(axis[number])) / CELL, -3, 3)
        assert depth[number, middle, middle] == pytest.approx(expected, abs=0.25)
