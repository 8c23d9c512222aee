"""A bar with bones as one mesh."""

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.quality import MeshConfig
from engine.contract.errors import EmptySceneError
from engine.mesh.rig.skinning import skin, to_world
from engine.pipeline.posed_mesh import has_bones, posed_mesh, root_keys
from engine.scene.field import Field
from engine.scene.skinning_weights import lay_out_bones

TIMES = torch.tensor([0.2, 0.7])
MESH = MeshConfig(resolution=40, triangles=1500, texture=64)


@pytest.fixture
def field() -> Field:
    """The blob that every run begins with, which leans over and goes aside."""
    field = Field(FieldConfig(resolutions=(6, 11), times=4, channels=4, hidden=8, bones=3), torch.Generator().manual_seed(0))
    axis = torch.linspace(-1, 1, 48)
    density = field.at_rest(torch.cartesian_prod(axis, axis, axis), 0.5)[0].detach().view(48, 48, 48).numpy()
    field.skeleton.lay_out(lay_out_bones(density > 20, 3))
    with torch.no_grad():
        field.skeleton.rotation[1, :, 0] = torch.tensor([0.2, -0.1, 0.1])
        field.trajectory.translation[:, 0] = torch.linspace(-0.2, 0.2, 4)
        field.trajectory.rotation[:, 2] = torch.linspace(0, 2.0, 4)
    return field


def test_the_surface_is_where_the_field_has_it_in_every_frame(field):
    found = posed_mesh(field, TIMES, MESH)
    for frame, moment in enumerate(TIMES):
        density = field(torch.from_numpy(found.positions[frame]), moment[None])[0][0].detach()
        # One level of density all over, as far as a smoothed and decimated mesh can lie on it.
        assert float(density.median()) > 1.7 and float(density.std()) < 0.1 * float(density.median())


def test_the_rig_moves_the_rest_to_the_positions(field):
    found = posed_mesh(field, TIMES, MESH)
    rig = found.rig
    moved = to_world(skin(found.rest, np.float64(rig.pose), np.float64(rig.weights), rig.bones), rig.root)
    assert np.abs(moved - found.positions).max() < 1e-5
    assert len(found.albedos) == 1 and found.albedos[0].shape == (64, 64, 3) and len(found.rig.names) <= 3


def test_the_root_is_the_trajectory(field):
    root = root_keys(field, TIMES)
    centre, rotation, scale = (value.detach().numpy() for value in field.trajectory.placement(TIMES))
    assert np.allclose(root[:, :3], centre, atol=1e-6) and np.allclose(root[:, 7:], scale, atol=1e-6)
    point = np.tile([[[0.1, 0.2, 0.3]]], (2, 1, 1))
    expected = np.einsum("fij,fvj->fvi", rotation, point) + centre[:, None]
    assert np.allclose(to_world(point, root), expected, atol=1e-5)
    field.trajectory = None
    assert root_keys(field, TIMES).tolist() == [[0, 0, 0, 1, 0, 0, 0, 1, 1, 1]] * 2


def test_without_bones_or_body_there_is_none(field):
    assert has_bones(field)
    with torch.no_grad():
        field.second_bias[0] = -50.0
    with pytest.raises(EmptySceneError, match="another seed"):
        posed_mesh(field, TIMES, MESH)
    field.skeleton = None
    assert not has_bones(field)
