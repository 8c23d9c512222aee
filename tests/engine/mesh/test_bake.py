import numpy as np
import pytest
import torch

from engine.mesh.atlas import _triangle_cells, is_closed, unwrap
from engine.mesh.bake import bake, bake_sequence, rasterise, vertex_normals
from engine.mesh.surface import Mesh, surface
from tests.engine.mesh.test_surface import ball


class Rainbow:
    """Solid everywhere; colour is the place."""

    device = torch.device("cpu")

    def __call__(self, points, times):
        return torch.full((1, len(points)), 10.0), ((points + 1) / 2)[None]


@pytest.fixture(scope="module")
def sphere() -> Mesh:
    return surface(ball(0.5), 0.25)


def overlap(uv: np.ndarray, texture: int) -> int:
    row, column, _, _ = rasterise(uv, texture)
    _, counts = np.unique(row * texture + column, return_counts=True)
    return int((counts > 1).sum())


def test_charts_lie_in_the_unit_square_and_do_not_overlap(sphere):
    uv = unwrap(sphere, 256)
    assert uv.shape == (len(sphere.triangles), 3, 2) and uv.dtype == np.float32
    assert 0 <= uv.min() and uv.max() <= 1
    assert overlap(uv, 256) < 0.005 * 256**2


def test_a_mesh_with_a_hole_gets_a_cell_for_each_triangle(sphere):
    torn = Mesh(sphere.vertices, sphere.triangles[:-1])
    assert is_closed(sphere) and not is_closed(torn)
    assert overlap(unwrap(torn, 512), 512) == 0
    assert overlap(_triangle_cells(7, 64), 64) == 0


def test_a_triangle_covers_the_texels_it_should():
    uv = np.array([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])
    row, column, triangle, weights = rasterise(uv, 4)
    covered = np.zeros((4, 4), bool)
    covered[row, column] = True
    # Row 0 is the top, where the triangle is narrow; centres on the diagonal count.
    assert covered.tolist() == [[k <= r for k in range(4)] for r in range(4)]
    assert np.allclose(weights.sum(1), 1) and not triangle.any()
    corner = weights[(row == 3) & (column == 0)][0]
    assert np.allclose(corner, [0.75, 0.125, 0.125])


def test_every_texel_has_the_colour_of_its_place(sphere):
    uv = unwrap(sphere, 128)
    image = bake(Rainbow(), sphere, uv, 0.5, 128)
    row, column, triangle, weights = rasterise(uv, 128)
    points = np.einsum("tk,tkx->tx", weights, sphere.vertices[sphere.triangles[triangle]])
    inward = points / np.linalg.norm(points, axis=1, keepdims=True) * 0.015
    expected = (points - inward + 1) / 2 * 255
    assert np.abs(image[row, column] - expected).max() < 3
    assert image.min(initial=255, where=image.sum(-1, keepdims=True) > 0) > 30


def test_normals_of_a_sphere_point_outwards(sphere):
    directions = sphere.vertices / np.linalg.norm(sphere.vertices, axis=1, keepdims=True)
    assert (vertex_normals(sphere) * directions).sum(1).min() > 0.95


class Greys:
    """Solid everywhere; the colour is a grey for each moment."""

    device = torch.device("cpu")

    def __init__(self, greys: dict[float, float]) -> None:
        self.greys = greys

    def __call__(self, points, times):
        grey = self.greys[round(float(times[0]), 3)]
        return torch.full((1, len(points)), 10.0), torch.full((1, len(points), 3), grey)


def still(sphere: Mesh, greys: list[float]) -> list[np.ndarray]:
    times = [index / 8 for index in range(len(greys))]
    uv = _triangle_cells(len(sphere.triangles), 64)
    places = np.repeat(sphere.vertices[None], len(greys), 0)
    return bake_sequence(Greys(dict(zip(times, greys, strict=True))), places, sphere.triangles, uv, times, 64)


def test_a_sequence_has_one_texture_that_is_full_to_the_border(sphere):
    # 0.1 apart is no true change; the median of five is the third.
    (albedo,) = still(sphere, [0.4, 0.42, 0.44, 0.46, 0.5])
    assert (albedo == round(0.44 * 255)).all()


def test_colours_that_truly_change_have_a_texture_a_frame(sphere):
    albedos = still(sphere, [0.2, 0.2, 0.9])
    assert [int(albedo[5, 5, 0]) for albedo in albedos] == [51, 51, round(0.9 * 255)]


class Flashing(Rainbow):
    """As the rainbow, but for a small part that is black for a moment."""

    def __call__(self, points, times):
        density, colour = super().__call__(points, times)
        if float(times[0]) == 0.25:
            colour = colour * (points[:, 2] < 0.42)[None, :, None]
        return density, colour


def test_a_part_gone_wrong_in_one_frame_does_not_show(sphere):
    uv = unwrap(sphere, 64)
    places = np.repeat(sphere.vertices[None], 5, 0)
    times = [0.0, 0.25, 0.5, 0.75, 1.0]
    (albedo,) = bake_sequence(Flashing(), places, sphere.triangles, uv, times, 64)
    assert np.array_equal(albedo, bake(Rainbow(), sphere, uv, 0.5, 64))
    wrong = bake(Flashing(), sphere, uv, 0.25, 64)
    assert 0.01 < (wrong != albedo).any(-1).mean() < 0.1


def test_padding_leaves_no_texel_without_a_colour(sphere):
    uv = 0.25 + 0.5 * unwrap(sphere, 64)
    albedo = bake(Rainbow(), sphere, uv, 0.5, 64)
    row, column, _, _ = rasterise(uv, 64)
    assert len(np.unique(row * 64 + column)) < 0.3 * 64**2
    # Black is nowhere on the ball; the corners have the colours of the charts' nearest texels.
    assert albedo.max(-1).min() > 60
    covered = np.zeros((64, 64), bool)
    covered[row, column] = True
    near = np.argwhere(covered)[np.square(np.argwhere(covered)).sum(1).argmin()]
    assert np.array_equal(albedo[0, 0], albedo[tuple(near)])
