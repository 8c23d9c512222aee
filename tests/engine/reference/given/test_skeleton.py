"""A scene's skeleton from a mesh's own bones, and their poses from how it moves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.mesh.rig.root import vertex_mass
from engine.reference.given.bones import leaders
from engine.reference.given.conditioning import GivenMesh
from engine.reference.given.fit import MeshFit
from engine.reference.given.mesh import ReferenceMesh
from engine.reference.given.skeleton import given_layout, given_pose, moving_bones
from engine.reference.given.solid import signed_depth
from engine.scene.skinning_weights import solid_places
from tests.engine.reference.given.rigs import rigged_dog

SIZE = 48


@pytest.fixture(scope="module")
def given() -> GivenMesh:
    """The dog of boxes, a tenth smaller in the scene and lower."""
    (vertices, faces), bones = rigged_dog(2)
    triangles = np.int32([[face[0], face[k], face[k + 1]] for face in faces for k in range(1, len(face) - 1)])
    return GivenMesh(ReferenceMesh(vertices, triangles, bones=bones), MeshFit("dog", "", 1, 0, 0.9, (0, 0, 0.5), (0, 0, 0)))


def about(head: np.ndarray, turn: Rotation) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = turn.as_matrix(), head - turn.apply(head)
    return pose


def test_centres_are_heads_and_places_are_held_as_the_nearest_of_the_surface(given):
    bones = given.mesh.bones
    solid = signed_depth(given.fit.to_scene(given.mesh.vertices), given.mesh.triangles, SIZE) > 0
    layout = given_layout(given, solid, 24)
    moving, _ = moving_bones(given, 24)
    np.testing.assert_allclose(layout.centres, given.fit.to_scene(bones.heads[moving]), atol=1e-6)
    np.testing.assert_allclose(layout.weights.sum(0), 1, atol=1e-5)
    places = solid_places(solid)
    lower = bones.names.index("front_lower.L")
    at = np.linalg.norm(places - given.fit.to_scene(np.array([[0.12, -0.3, 0.06]])), axis=1).argmin()
    cell = tuple(np.argwhere(solid)[at])
    assert layout.weights[moving.tolist().index(lower)][cell] > 0.9
    # A joint holds: where the upper leg takes the lower one's head counts in full.
    upper = bones.names.index("front_upper.L")
    assert layout.neighbours[moving.tolist().index(upper), moving.tolist().index(lower)] == 1
    assert layout.neighbours[moving.tolist().index(lower), moving.tolist().index(bones.names.index("rear_lower.R"))] < 0.1


def test_few_bones_move_where_there_is_little_room(given):
    moving, group = moving_bones(given, 5)
    assert len(moving) == 5 and set(group) == set(range(5))
    # Groups hang together: a bone moves by itself, or with what its parent moves with, or with what begins nearest.
    leader = leaders(given.mesh.bones, vertex_mass(given.mesh.vertices, given.mesh.triangles), 5)
    np.testing.assert_array_equal(moving[group], leader)


def test_bones_turn_about_their_heads_and_carry_what_hangs_on_them(given):
    bones, heads = given.mesh.bones, given.fit.to_scene(given.mesh.bones.heads)
    moving, _ = moving_bones(given, 24)
    moved = np.tile(np.eye(4), (2, len(moving), 1, 1))
    upper, lower = bones.names.index("rear_upper.L"), bones.names.index("rear_lower.L")
    turn = Rotation.from_rotvec([0.4, 0, 0])
    for bone in (upper, lower):
        moved[1, moving.tolist().index(bone)] = about(heads[upper], turn)
    # What a skeleton that need not hold together adds: the paw slips off by a tenth, which its joint does not allow.
    moved[1, moving.tolist().index(lower), :3, 3] += [0.0, 0.0, 0.1]
    pose = given_pose(given, moved)
    np.testing.assert_allclose(pose[0], np.tile(np.eye(4), (len(heads), 1, 1)), atol=1e-6)
    np.testing.assert_allclose(Rotation.from_matrix(pose[1, upper, :3, :3]).as_rotvec(), [0.4, 0, 0], atol=0.1)
    carried = pose[1, upper, :3, :3] @ heads[lower] + pose[1, upper, :3, 3]
    np.testing.assert_allclose(pose[1, lower, :3, :3] @ heads[lower] + pose[1, lower, :3, 3], carried, atol=1e-9)
    hips = bones.names.index("hips")
    held = pose[1, hips, :3, :3] @ heads[upper] + pose[1, hips, :3, 3]
    np.testing.assert_allclose(pose[1, upper, :3, :3] @ heads[upper] + pose[1, upper, :3, 3], held, atol=1e-9)
    # The slip of the paw moves the body a little instead.
    np.testing.assert_allclose(held, heads[upper], atol=0.03)
    still = [bone for bone in range(len(heads)) if bone not in (upper, lower, hips)]
    turned = Rotation.from_matrix(pose[1, still, :3, :3]).magnitude()
    assert turned.max() < 0.05


def test_bones_of_one_group_move_with_their_parent_to_the_bit(given):
    moving, group = moving_bones(given, 5)
    moved = np.stack([np.stack([about(np.zeros(3), Rotation.from_rotvec([0, 0, 0.1 * k])) for k in range(5)])] * 2)
    pose = given_pose(given, moved)
    for bone, parent in enumerate(given.mesh.bones.parents):
        if parent >= 0 and group[bone] == group[parent]:
            np.testing.assert_array_equal(pose[:, bone], pose[:, parent])


def test_only_what_hangs_on_nothing_leaves_its_place(given):
    moving, _ = moving_bones(given, 24)
    moved = np.tile(np.eye(4), (1, len(moving), 1, 1))
    moved[..., :3, 3] = [0.0, 0.2, 0.1]
    np.testing.assert_allclose(given_pose(given, moved)[0, :, :3, 3], np.tile([0.0, 0.2, 0.1], (16, 1)), atol=1e-8)
    fixed = replace(given.mesh.bones, connected=np.ones(16, bool))
    tied = GivenMesh(replace(given.mesh, bones=fixed), given.fit)
    pose = given_pose(tied, moved)
    hips = given.fit.to_scene(fixed.heads)[0]
    np.testing.assert_allclose(pose[0, 0, :3, :3] @ hips + pose[0, 0, :3, 3], hips, atol=1e-9)
