import numpy as np
import pytest

from engine.mesh.remesh import even, is_manifold, parts, reduced
from engine.mesh.surface import Mesh, volume
from scripts.benchmark.sequences import box, meshed


def ball() -> Mesh:
    return meshed(lambda p: np.linalg.norm(p, axis=1) - 0.5, 3)


def evenness(mesh: Mesh) -> float:
    """The worst triangle's inscribed over circumscribed radius, 1 for an equilateral one."""
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]].astype(np.float64) for corner in range(3))
    sides = [np.linalg.norm(x - y, axis=1) for x, y in ((a, b), (b, c), (c, a))]
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return float((16 * area**2 / (np.prod(sides, 0) * sum(sides))).min())


def test_slivers_become_even_triangles_and_the_ball_stays():
    rough, smooth = ball(), even(ball(), 1200)
    assert evenness(rough) < 0.1 and evenness(smooth) > 0.5
    assert len(smooth.triangles) == pytest.approx(1200, rel=0.25)
    assert volume(smooth) == pytest.approx(volume(rough), rel=0.02) and is_manifold(smooth)


def test_what_is_not_closed_comes_back_as_it_was():
    mesh = ball()
    cut = Mesh(mesh.vertices, mesh.triangles[5:])
    assert even(cut, 500) is cut


def test_two_bodies_that_share_a_vertex_are_no_manifold():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], float)
    one = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    other = np.array([[0, 4, 5], [0, 6, 4], [4, 6, 5], [5, 6, 0]])
    assert is_manifold(Mesh(corners, one))
    pinched = Mesh(corners, np.concatenate([one, other]))
    assert not is_manifold(pinched) and even(pinched, 100) is pinched


def test_parts_are_counted():
    mesh = ball()
    triangles = np.concatenate([mesh.triangles, mesh.triangles + len(mesh.vertices)])
    two = Mesh(np.concatenate([mesh.vertices, mesh.vertices + 2]), triangles)
    assert parts(mesh) == 1 and parts(two) == 2


@pytest.mark.parametrize("triangles", [300, 500, 1500])
def test_a_budget_is_kept_where_corners_are_too_sharp_to_be_even(triangles):
    cube = meshed(lambda p: box(p, np.full(3, 0.4)), 1, 0.8)
    assert len(reduced(cube, triangles).triangles) <= 1.3 * triangles
