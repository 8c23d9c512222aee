import numpy as np
import pytest

from engine.mesh.surface import Mesh
from engine.mesh.track.sample import areas, distance_to, sample, triangle_distances, vertex_areas

SQUARE = Mesh(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]]))


def sheet(columns: np.ndarray, rows: int) -> Mesh:
    """The unit square in cells between `columns` and equal rows."""
    x, y = np.meshgrid(columns, np.linspace(0, 1, rows + 1), indexing="ij")
    corner = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return Mesh(np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], 1), triangles)


def cube() -> Mesh:
    """Of side 1 about the origin."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    return Mesh(corners, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))


def test_areas_of_a_unit_square():
    assert areas(SQUARE) == pytest.approx([0.5, 0.5])
    # The diagonal's ends have both triangles.
    assert vertex_areas(SQUARE) == pytest.approx([1 / 3, 1 / 6, 1 / 3, 1 / 6])
    assert areas(cube()).sum() == pytest.approx(6)


def test_samples_are_even_however_the_area_is_cut():
    # The right half has 60 times the triangles of the left one.
    mesh = sheet(np.concatenate([[0], np.linspace(0.5, 1, 61)]), 2)
    found = sample(mesh, None, 4000, 0)
    assert (found.points[:, 0] < 0.5).sum() == pytest.approx(2000, abs=60)
    for axis in (0, 1):
        counts = np.histogram(found.points[:, axis], np.linspace(0, 1, 11))[0]
        assert counts == pytest.approx(np.full(10, 400), abs=80)
    assert np.allclose(found.normals, [0, 0, 1]) and not found.points[:, 2].any()


def test_colours_are_those_of_the_place():
    colours = np.stack([SQUARE.vertices[:, 0], 1 - SQUARE.vertices[:, 1], np.full(4, 0.3)], 1)
    found = sample(SQUARE, colours, 50, 1)
    expected = np.stack([found.points[:, 0], 1 - found.points[:, 1], np.full(50, 0.3)], 1)
    assert found.colours == pytest.approx(expected)
    some = found.some(np.array([3, 7]))
    assert len(some) == 2 and np.array_equal(some.points, found.points[[3, 7]])
    assert np.array_equal(some.colours, found.colours[[3, 7]])


def test_the_same_seed_draws_the_same_samples():
    first, refine, other = (sample(SQUARE, None, 20, seed).points for seed in (0, 0, 1))
    assert np.array_equal(first, refine) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("point", "squared"),
    [
        ([0.2, 0.3, 0.5], 0.25),
        ([0.2, 0.3, -0.5], 0.25),
        ([0.5, -2, 0], 4),
        ([1, 1, 0], 0.5),
        ([-3, -4, 0], 25),
        ([2, -1, 1], 3),
        ([0.5, 0.5, 0], 0),
    ],
    ids=["above", "below", "an edge", "the long edge", "a vertex", "a vertex and above", "on it"],
)
def test_squared_distances_to_a_triangle(point, squared):
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]])
    assert triangle_distances(np.array(point, float), corners) == pytest.approx(squared)
    # Whichever way it winds.
    assert triangle_distances(np.array(point, float), corners[::-1]) == pytest.approx(squared)


def test_distances_to_a_cube():
    points = np.array([[0, 0, 2], [0, 0, 0], [1.5, 1.5, 0.2], [1.5, -1.5, 1.5], [0.1, 0.5, 0.2]])
    assert distance_to(cube(), points) == pytest.approx([1.5, 0.5, np.sqrt(2), np.sqrt(3), 0], abs=1e-9)
