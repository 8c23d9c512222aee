import numpy as np
import pytest

from engine.mesh.files.paint import Paint, coordinates, joined, srgb

# Two triangles: red, green and blue corners; and all white with a picture whose left half is black and right half white.
TINT = np.stack([np.eye(3), np.ones((3, 3))])
PICTURE = np.zeros((4, 8, 3), np.uint8)
PICTURE[:, 4:] = 255
PAINT = Paint(TINT, np.tile([[0.25, 0.5]], (2, 3, 1)), np.array([-1, 0]), [PICTURE])


def test_corners_are_mixed_by_their_weights():
    assert PAINT.at(np.array([0, 0]), np.array([[1, 0, 0], [0.5, 0.25, 0.25]])).tolist() == [[1, 0, 0], [0.5, 0.25, 0.25]]


def test_a_picture_is_read_beyond_its_borders_too_and_multiplies_the_tint():
    uv = np.array([[[0.25, 0.5]] * 3, [[0.75, 0.5]] * 3, [[-1.25, 3.5]] * 3])
    tinted = Paint(np.full((3, 3, 3), 0.5), uv, np.zeros(3, int), [PICTURE])
    assert tinted.at(np.arange(3), np.full((3, 3), 1 / 3))[:, 0] == pytest.approx([0, 0.5, 0.5])


def test_a_vertex_has_the_mean_of_its_corners():
    plain = Paint.of_corners(np.stack([np.eye(3), np.zeros((3, 3))]))
    found = plain.of_vertices(np.array([[0, 1, 2], [0, 2, 3]]), 5)
    assert found.tolist() == [[0.5, 0, 0], [0, 1, 0], [0, 0, 0.5], [0, 0, 0], [0, 0, 0]]


def test_surfaces_are_joined_with_their_own_pictures_and_white_where_there_is_none():
    whole = joined([PAINT, None, PAINT], [2, 1, 2])
    assert whole.image.tolist() == [-1, 0, -1, -1, 1] and len(whole.images) == 2
    assert whole.at(np.array([2]), np.array([[0.2, 0.3, 0.5]])).tolist() == [[1, 1, 1]]
    assert joined([None, None], [1, 1]) is None


def test_some_of_the_triangles_keep_theirs():
    assert PAINT.only(np.array([False, True])).at(np.array([0]), np.array([[1, 0, 0]]))[0] == pytest.approx([0, 0, 0])


def test_coordinates_that_are_no_numbers_become_zero():
    assert coordinates(np.array([np.nan, np.inf, -np.inf, 2.5, 1e9])).tolist() == [0, 0, 0, 2.5, 1e6]


def test_srgb_of_linear_light():
    # The standard's own corners: 0, 1, the joint of its two pieces, and middle grey.
    assert srgb(np.array([0, 1, 0.0031308, 0.2140411])) == pytest.approx([0, 1, 0.04045, 0.5], abs=1e-4)
    assert srgb(np.array([-1.0, 2.0])) == pytest.approx([0, 1])
