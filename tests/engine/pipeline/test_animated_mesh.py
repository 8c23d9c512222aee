"""A given mesh moved by a field that has it as its body."""

import dataclasses

import numpy as np
import pytest
import torch

from engine.config.field import FieldConfig
from engine.config.quality import MeshConfig
from engine.mesh.files.frame import Faces
from engine.mesh.rig.skinning import to_world
from engine.pipeline.animated_mesh import animated_mesh
from engine.reference.given.body import bake_mesh
from engine.reference.given.conditioning import GivenMesh
from engine.reference.given.fit import MeshFit
from engine.reference.given.mesh import ReferenceMesh
from engine.scene.field import Field
from engine.scene.skinning_weights import lay_out_bones
from engine.stages.train_state import TrainState
from tests.engine.reference.given.shapes import box, subdivided

TIMES = torch.tensor([0.2, 0.5, 0.7])
MESH = MeshConfig(resolution=24, triangles=500, texture=32)


@pytest.fixture
def given() -> GivenMesh:
    """A bar of quads, four metres long and along X, that is turned to -Y and made a metre long."""
    vertices, faces = subdivided(box((10, -0.4, 0), (14, 0.4, 0.8)), 3)
    corners, counts = np.concatenate([np.array(face) for face in faces]), np.full(len(faces), 4)
    start = 4 * np.arange(len(faces))
    places = np.stack([[start, start + 1, start + 2], [start, start + 2, start + 3]], 0).transpose(2, 0, 1).reshape(-1, 3)
    owner = np.repeat(np.arange(len(faces)), 2)
    mesh = ReferenceMesh(vertices, np.int32(corners[places]), Faces(corners, counts, places, owner))
    return GivenMesh(mesh, MeshFit("", "", 0.0, 3, 0.25, (12.0, 0.0, 0.4), (0.0, 0.1, 0.05)))


@pytest.fixture
def state(given) -> TrainState:
    """Its body bends, goes along X, turns and is squashed."""
    config = FieldConfig(resolutions=(6, 11), times=4, channels=4, hidden=8, bones=3)
    state = TrainState.new(config, 0)
    state.take_body(given, bake_mesh(given, "it bends", None, config.max_density))
    field = state.field
    axis = torch.linspace(-1, 1, 48)
    density = field.at_rest(torch.cartesian_prod(axis, axis, axis), 0.5)[0].view(48, 48, 48).numpy()
    field.skeleton.lay_out(lay_out_bones(density > 20, 3))
    with torch.no_grad():
        field.skeleton.rotation[1, :, 0] = torch.tensor([0.2, -0.1, 0.1])
        field.trajectory.translation[:, 0] = torch.linspace(-0.2, 0.2, 4)
        field.trajectory.rotation[:, 2] = torch.linspace(0, 1.0, 4)
        field.trajectory.log_scale[:, 1] = torch.linspace(-0.1, 0.2, 4)
    return state


def test_the_body_is_the_mesh(state, given):
    inside = given.fit.to_scene(np.array([[12.0, 0, 0.4], [13.8, 0.3, 0.4]]))
    outside = given.fit.to_scene(np.array([[12.0, 0.7, 0.4], [15.0, 0, 0.4]]))
    density = state.field.at_rest(torch.tensor(np.concatenate([inside, outside]), dtype=torch.float32), 0.5)[0]
    assert density[:2].min() > 0.9 * state.field.config.max_density and density[2:].max() < 1
    # A metre long in Y, facing as the scene does.
    np.testing.assert_allclose(np.ptp(given.fit.to_scene(given.mesh.vertices), axis=0), [0.2, 1.0, 0.2], atol=1e-9)


def test_it_rests_as_it_was_given_with_its_own_faces(state, given):
    moving, figures = animated_mesh(state.field, given, TIMES, MESH)
    np.testing.assert_array_equal(moving.rest, np.float32(given.mesh.vertices))
    np.testing.assert_array_equal(moving.triangles, given.mesh.triangles)
    assert moving.polygons.counts.tolist() == [4] * len(given.mesh.faces.counts)
    np.testing.assert_array_equal(moving.polygons.corners, given.mesh.faces.corners)
    assert figures["bones"] == 3 and 1 <= figures["stretch"] < 1.6


def test_it_moves_as_the_scene_does_in_its_own_axes(state, given):
    """Where the field takes the mesh in the scene, taken back by hand."""
    moving, _ = animated_mesh(state.field, given, TIMES, MESH)
    places = torch.from_numpy(np.float32(given.fit.to_scene(given.mesh.vertices)))
    for frame in range(len(TIMES)):
        frames = torch.full((len(places),), frame)
        with torch.no_grad():
            bent = state.field.skeleton.to_posed(places, frames, TIMES)
            moved = state.field.trajectory.to_world(bent, frames, TIMES).numpy()
        back = (moved - np.array(given.fit.centre)) @ given.fit.turn / given.fit.scale + np.array(given.fit.origin)
        # Joints that hardly come apart are held together, which moves a bone by a thousandth of the size.
        np.testing.assert_allclose(moving.positions[frame], back, atol=0.02)
    np.testing.assert_allclose(
        to_world(np.float64(moving.rest)[None], np.float64(moving.rig.root)[:1]).mean(1),
        to_world(np.float64(given.mesh.vertices)[None], np.float64(moving.rig.root)[:1]).mean(1),
        atol=1e-4,
    )


def test_what_is_always_so_is_the_model_s_shape_and_left_out(state):
    with torch.no_grad():
        state.field.skeleton.translation[0, :, 2] = 0.3
        state.field.trajectory.log_scale[:] += 0.4
    about: Field = state.field.about_rest()
    assert not about.skeleton.translation[0].any()
    torch.testing.assert_close(about.skeleton.rotation, state.field.skeleton.rotation)
    torch.testing.assert_close(about.trajectory.log_scale.mean(0), torch.zeros(3))
    # An arm that is held up from the start is the motion's.
    state.field.skeleton.held[0, 1] = torch.tensor([0.1, 0.0, 0.2])
    assert torch.allclose(state.field.about_rest().skeleton.translation[0, 1], torch.tensor([0.1, 0.0, 0.2]))
    assert float(state.field.skeleton.translation[0, :, 2].detach().min()) == pytest.approx(0.3)


def test_a_picture_and_its_coordinates_are_passed_on(state, given):
    uv = np.float64(np.random.default_rng(0).random((len(given.mesh.triangles), 3, 2)))
    painted = dataclasses.replace(given, mesh=dataclasses.replace(given.mesh, uv=uv))
    moving, _ = animated_mesh(state.field, painted, TIMES, MESH)
    np.testing.assert_allclose(moving.uv, uv, atol=1e-6)
