"""A box that is moved by a known root."""

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.quality import MeshConfig
from engine.mesh.rig.skinning import to_world
from engine.mesh.surface import Mesh, surface
from engine.pipeline.posed_mesh import root_keys
from engine.pipeline.rigid_mesh import find_rigid_body, rigid_mesh
from engine.scene.field import Field

TIMES = torch.linspace(0.125, 0.875, 4)
MESH = MeshConfig(resolution=24, triangles=600, texture=32)


@pytest.fixture
def field() -> Field:
    """The blob that every run begins with, which turns, grows and goes aside."""
    field = Field(FieldConfig((6, 8), times=4, channels=4, hidden=8), torch.Generator().manual_seed(0))
    with torch.no_grad():
        field.trajectory.translation[:, 0] = torch.linspace(-0.2, 0.2, 4)
        field.trajectory.rotation[:, 2] = torch.linspace(0, 2.0, 4)
        field.trajectory.log_scale[:, 2] = torch.linspace(-0.2, 0.2, 4)
    return field


def body() -> Mesh:
    """An ellipsoid, which shows how it is turned."""
    axis = np.linspace(-1, 1, 40)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    return surface(np.where((x / 0.6) ** 2 + (y / 0.3) ** 2 + (z / 0.4) ** 2 < 1, 50.0, 0.0), 0.25)


def moved(root: np.ndarray) -> list[Mesh]:
    rest = body()
    return [Mesh(np.float32(v), rest.triangles) for v in to_world(np.tile(rest.vertices, (len(root), 1, 1)), root)]


def test_a_body_that_its_root_moves_is_explained(field):
    root = root_keys(field, TIMES)
    found = find_rigid_body(moved(root), root, 2000)
    assert found.explains and found.errors.max() < 0.3
    assert np.abs(found.mesh.vertices).max(0) == pytest.approx([0.6, 0.3, 0.4], abs=0.05)
    assert found.as_metrics()["bones"] == 1


def test_a_body_that_turns_by_itself_is_not(field):
    root = root_keys(field, TIMES)
    still = np.tile(root[:1], (len(root), 1))
    assert not find_rigid_body(moved(root), still, 2000).explains


def test_one_frame_that_is_different_is_seen(field):
    root = root_keys(field, TIMES)
    surfaces = moved(root)
    surfaces[3] = Mesh(surfaces[3].vertices + np.float32(0.1), surfaces[3].triangles)
    assert not find_rigid_body(surfaces, root, 2000).explains


def test_the_root_is_all_that_moves_the_mesh(field):
    root = root_keys(field, TIMES)
    found = rigid_mesh(field, find_rigid_body(moved(root), root, 600), TIMES, MESH, lambda done, steps: None)
    assert found.rig.names == ["root"] and np.abs(found.rig.pose - np.eye(4)).max() < 1e-6
    assert np.allclose(found.rig.root, root, atol=1e-6)
    expected = to_world(np.tile(np.float64(found.rest), (4, 1, 1)), root)
    assert np.abs(found.positions - expected).max() < 1e-5
