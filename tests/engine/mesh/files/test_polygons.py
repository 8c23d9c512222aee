import numpy as np
import pytest

from engine.mesh.files.polygons import triangulated


def area(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    return np.cross(b - a, c - a) / 2


@pytest.mark.parametrize(
    ("outline", "size"),
    [
        ([(0, 0), (2, 0), (2, 1), (0, 1)], 2),
        # An arrowhead, from each of its corners on.
        ([(0, 0), (4, 2), (0, 4), (1, 2)], 6),
        ([(1, 2), (0, 0), (4, 2), (0, 4)], 6),
        # An L, and a comb with a corner on the line of two others.
        ([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], 3),
        ([(0, 0), (5, 0), (5, 3), (4, 3), (4, 1), (3, 1), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)], 11),
    ],
)
@pytest.mark.parametrize("turn", [np.eye(3), np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0.0]])])
def test_a_polygon_is_filled_once_and_winds_as_it_did(outline, size, turn):
    vertices = np.concatenate([np.array(outline, float), np.zeros((len(outline), 1))], 1) @ turn.T
    triangles, owner = triangulated(vertices, np.arange(len(outline)), np.array([len(outline)]))
    normal = turn @ [0, 0, 1]
    areas = area(vertices, triangles) @ normal
    assert len(triangles) == len(outline) - 2 and (owner == 0).all()
    assert (areas >= -1e-12).all() and areas.sum() == pytest.approx(size)


def test_polygons_of_many_sizes_keep_their_order():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [-1, 0.5, 0.0]])
    corners, counts = np.array([0, 1, 2, 3, 4, 0, 1, 2, 0, 1, 2, 3, 0, 1]), np.array([5, 3, 4, 2])
    triangles, owner = triangulated(vertices, corners, counts)
    assert owner.tolist() == [0, 0, 0, 1, 2, 2]
    assert corners[triangles[3]].tolist() == [0, 1, 2] and area(vertices, corners[triangles])[:3, 2].sum() == pytest.approx(1.5)
    assert triangulated(vertices, np.zeros(0, int), np.zeros(0, int))[0].shape == (0, 3)


def test_a_polygon_that_crosses_itself_still_ends():
    vertices = np.array([[np.cos(a), np.sin(a), 0] for a in 4 * np.pi / 5 * np.arange(5)])
    triangles, _ = triangulated(vertices, np.arange(5), np.array([5]))
    assert triangles.shape == (3, 3)
    assert triangulated(np.zeros((6, 3)), np.arange(6), np.array([6]))[0].shape == (4, 3)
