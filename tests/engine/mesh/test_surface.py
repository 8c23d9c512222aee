import math

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.mesh.simplify import simplify, smooth
from engine.mesh.surface import Mesh, density_grid, silhouette_depth, surface, volume
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy

RESOLUTION = 64
AXIS = np.linspace(-1, 1, RESOLUTION)
X, Y, Z = np.meshgrid(AXIS, AXIS, AXIS, indexing="ij")
VOXEL = 2 / (RESOLUTION - 1)


def ball(radius: float, centre=(0.0, 0.0, 0.0), sharpness: float = 200.0) -> np.ndarray:
    """Density that crosses the level of a surface depth of 0.25 exactly at the radius."""
    away = np.sqrt((X - centre[0]) ** 2 + (Y - centre[1]) ** 2 + (Z - centre[2]) ** 2) - radius
    return math.log(2) / 0.25 * np.exp(np.clip(-sharpness * 0.1 * away, -8, 4))


def test_a_sphere_comes_out_within_half_a_voxel():
    mesh = surface(ball(0.5, (0.2, -0.1, 0.05)), 0.25)
    radii = np.linalg.norm(mesh.vertices - [0.2, -0.1, 0.05], axis=1)
    assert np.abs(radii - 0.5).max() < VOXEL / 2
    assert volume(mesh) == pytest.approx(4 / 3 * math.pi * 0.5**3, rel=0.02)


def test_smoothing_and_decimation_keep_the_sphere():
    mesh = simplify(smooth(surface(ball(0.5), 0.25)), 800)
    assert len(mesh.triangles) <= 800
    assert volume(mesh) == pytest.approx(4 / 3 * math.pi * 0.5**3, rel=0.03)
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - 0.5).max() < VOXEL


def test_a_closed_cavity_is_filled_and_a_hole_through_is_not():
    hollow = np.where(ball(0.3) > 10, 0.0, ball(0.6))
    assert volume(surface(hollow, 0.25)) == pytest.approx(4 / 3 * math.pi * 0.6**3, rel=0.03)
    pierced = np.where(np.hypot(X, Y) < 0.2, 0.0, ball(0.6))
    assert volume(surface(pierced, 0.25)) < 0.9 * 4 / 3 * math.pi * 0.6**3


def test_specks_are_dropped():
    mesh = surface(ball(0.4) + ball(0.08, (0.8, 0.8, 0.8)), 0.25)
    assert mesh.vertices.max() < 0.5


def test_an_empty_grid_gives_an_empty_mesh():
    assert len(surface(np.zeros((16, 16, 16)), 0.25).triangles) == 0


def test_a_scene_that_touches_the_border_is_closed():
    mesh = surface(np.full((16, 16, 16), 40.0), 0.25)
    # A cell of one density all round has a solidity of 1 - 2^-4, and is closed 7/15 of a cell outside the grid.
    assert volume(mesh) == pytest.approx((2 + 14 / 15 * 2 / 15) ** 3, rel=0.01)


def test_a_sheet_is_as_thick_as_its_dense_part_and_not_as_its_skirt():
    thick, skirt = 0.04, 0.05
    dense = np.abs(Y) < thick / 2 + 1e-6
    sheet = np.where(dense, 80.0, np.where(np.abs(Y) < skirt, 9.0, 0.0)) * ((np.abs(X) < 0.5) & (np.abs(Z) < 0.5))
    mesh = surface(sheet, 0.1)
    cell = 2 / (len(X) - 1)
    assert np.abs(mesh.vertices[:, 1]).max() < thick / 2 + cell
    # What is no denser anywhere near stays whole.
    soft = np.where(sheet > 0, 9.0, 0.0)
    assert np.abs(surface(soft, 0.1).vertices[:, 1]).max() > skirt - cell


def test_the_grid_asks_the_field_where_its_points_are():
    field = Field(FieldConfig((6, 8), times=4, channels=4, hidden=8), torch.Generator().manual_seed(0))
    field.requires_grad_(False)
    grid = density_grid(field, Occupancy(), 0.3, 0, 9)
    point = torch.tensor([[-1 + 2 * 2 / 8, -1 + 2 * 5 / 8, -1 + 2 * 4 / 8]])
    assert grid[2, 5, 4] == pytest.approx(float(field(point, torch.tensor([0.3]))[0]), rel=1e-4)


def test_the_level_covers_what_half_stops_light():
    radius = np.sqrt(X**2 + Y**2 + Z**2)
    soft = 60 * np.exp(-((radius / 0.15) ** 2))
    opaque = math.log(2) / silhouette_depth(soft, 0.4)
    # A ray at b metres from the middle passes 60 · 0.15 · √π · exp(-(b / 0.15)²) of it, ln 2 of that where the rim is.
    rim = 0.15 * math.sqrt(math.log(60 * 0.15 * math.sqrt(math.pi) / math.log(2)))
    assert opaque == pytest.approx(60 * math.exp(-((rim / 0.15) ** 2)), rel=0.15)


def test_a_skirt_that_stops_no_ray_is_outside():
    radius = np.sqrt(X**2 + Y**2 + Z**2)
    density = np.where(radius < 0.4, 60.0, np.where(radius < 0.55, 0.6, 0.0))
    assert (surface(density, silhouette_depth(density, 0.4)).vertices ** 2).sum(1).max() < 0.45**2


def test_an_empty_grid_has_the_level_of_the_settings():
    assert silhouette_depth(np.zeros((16, 16, 16)), 0.4) == 0.4


def test_volume_of_a_tetrahedron_by_hand():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    assert volume(Mesh(corners, triangles)) == pytest.approx(1 / 6)
