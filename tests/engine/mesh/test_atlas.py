"""Texture coordinates of meshes of a known number of sides."""

import numpy as np
import pytest

from engine.mesh.atlas import is_closed, unwrap
from engine.mesh.surface import Mesh

CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32)
CUBE = np.array([
    [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7],
    [1, 7, 3],
], np.int32)  # fmt: skip
OPEN = Mesh(CORNERS, CUBE[:-1])


def covered(uv: np.ndarray, side: int) -> np.ndarray:
    """How many triangles cover each of side * side points of the texture."""
    points = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 1, 2) + 0.5) / side
    a, b, c = (uv[:, corner].astype(np.float64) for corner in range(3))

    def left_of(start, end):
        return (end - start)[:, 0] * (points - start)[..., 1] - (end - start)[:, 1] * (points - start)[..., 0]

    signs = np.stack([left_of(a, b), left_of(b, c), left_of(c, a)])
    return ((signs > 0).all(0) | (signs < 0).all(0)).sum(1)


def areas(uv: np.ndarray) -> np.ndarray:
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def test_a_closed_mesh_has_two_triangles_at_every_edge():
    assert is_closed(Mesh(CORNERS, CUBE))
    assert not is_closed(OPEN)
    assert not is_closed(Mesh(CORNERS, np.concatenate([CUBE, CUBE[:1]])))


@pytest.mark.parametrize("mesh", [Mesh(CORNERS, CUBE), OPEN], ids=["closed", "open"])
def test_no_point_of_the_texture_belongs_to_two_triangles(mesh):
    uv = unwrap(mesh, 64)
    assert uv.shape == (len(mesh.triangles), 3, 2) and uv.dtype == np.float32
    assert 0 <= uv.min() and uv.max() <= 1 and areas(uv).min() > 0
    assert covered(uv, 96).max() == 1


def test_a_cube_s_sides_are_unwrapped_without_stretch():
    sizes = areas(unwrap(Mesh(CORNERS, CUBE), 256))
    # Twelve halves of equal squares.
    assert sizes == pytest.approx(sizes[0], rel=0.02)


def test_an_open_mesh_has_two_triangles_a_cell_and_a_gap_between():
    # Eleven triangles in six cells, three a side.
    uv = unwrap(OPEN, 300)
    gap = 1.5 / 300
    assert uv[0] == pytest.approx(np.array([[gap, gap], [1 / 3 - 2.4 * gap, gap], [gap, 1 / 3 - 2.4 * gap]]), abs=1e-6)
    assert uv[1] == pytest.approx(1 / 3 - uv[0], abs=1e-6)
    assert uv[2] == pytest.approx(uv[0] + [1 / 3, 0], abs=1e-6) and uv[6] == pytest.approx(uv[0] + [0, 1 / 3], abs=1e-6)


def test_a_single_triangle_has_the_cell_to_itself():
    uv = unwrap(Mesh(CORNERS, CUBE[:1]), 32)
    assert areas(uv)[0] > 0.3 and covered(uv, 32).max() == 1
