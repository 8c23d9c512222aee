"""An object of the artist's own that gets an armature, and is else as it was."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from mav3d_blender.timeline import AssetError, Timing, animate_object
from mav3d_blender.timeline.asset_folder.asset import Asset, MovingMesh
from mav3d_blender.timeline.asset_folder.rig import Rig

FRAMES = 4


@pytest.fixture
def host(scene) -> bpy.types.Object:
    """A box of quads that is scaled, turned and away from the origin, hangs on a moved empty, and is subdivided."""
    bpy.ops.mesh.primitive_cube_add(size=2)
    host = bpy.context.object
    host.data.materials.append(bpy.data.materials.new("fur"))
    host.scale, host.rotation_euler, host.location = (0.5, 1.0, 2.0), Euler((0.2, 0.3, 0.4)), (1, 2, 3)
    host.modifiers.new("Smooth", "SUBSURF").levels = 1
    host.vertex_groups.new(name="root")
    parent = bpy.data.objects.new("place", None)
    scene.collection.objects.link(parent)
    parent.location, host.parent = (5, 0, 0), parent
    bpy.context.view_layer.update()
    return host


def sent(host: bpy.types.Object) -> np.ndarray:
    """Its vertices as they are sent: along the world's axes, about its origin."""
    own = np.array([vertex.co for vertex in host.data.vertices])
    return own @ np.array(host.matrix_world)[:3, :3].T


def asset_of(rest: np.ndarray, rigged: bool = True) -> Asset:
    """Two bones, of which the second turns about X, under a root that goes along X, turns about Z and grows."""
    turns, count = np.linspace(0, 0.9, FRAMES), len(rest)
    pose = np.tile(np.eye(4), (FRAMES, 2, 1, 1))
    for frame, turn in enumerate(turns):
        pose[frame, 1, :3, :3] = np.array(Matrix.Rotation(turn, 3, "X"))
    upper = np.clip((rest[:, 2] - rest[:, 2].min()) / np.ptp(rest[:, 2]), 0, 1)
    weights = np.stack([1 - upper, upper, np.zeros(count), np.zeros(count)], 1)
    bones = np.tile([0, 1, 0, 0], (count, 1))
    root = np.zeros((FRAMES, 10))
    root[:, 0], root[:, 3], root[:, 6], root[:, 7:] = turns, np.cos(turns / 2), np.sin(turns / 2), 1 + turns[:, None] / 3
    heads = np.array([[0, 0, rest[:, 2].min()], [0, 0, 0]])
    rig = Rig(
        ["root", "top"], np.int32([-1, 0]), np.float32(heads), np.float32(heads + [0, 0, 0.5]), np.float32(pose),
        np.float32(weights), np.int32(bones), np.float32(root), np.float32(rest),
    )  # fmt: skip
    positions = np.float32([rig.in_world(rig.vertices(frame), frame) for frame in range(FRAMES)])
    mesh = MovingMesh(positions, np.array([[0, 1, 2]], np.int32), np.zeros((1, 3, 2), np.float32))
    return Asset(Path(), {"prompt": "it", "fps": 12, "frames": FRAMES}, mesh, [], rig if rigged else None)


def shown(host: bpy.types.Object, frame: int) -> np.ndarray:
    """Where its own vertices are in the world, without what smooths it."""
    host.modifiers["Smooth"].show_viewport = False
    bpy.context.scene.frame_set(frame)
    evaluated = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ vertex.co for vertex in evaluated.data.vertices])


def test_it_moves_as_the_asset_and_is_else_as_it_was(host):
    rest, place = sent(host), host.matrix_world.copy()
    channels = [tuple(each) for each in (host.location, host.rotation_euler, host.scale)]
    faces = [tuple(polygon.vertices) for polygon in host.data.polygons]
    asset = asset_of(rest)
    assert animate_object(host, asset, Timing(1)) == []
    armature = host.parent
    for frame in range(FRAMES):
        wanted = asset.meshes.positions[frame] + np.array(place.to_translation())
        np.testing.assert_allclose(shown(host, frame + 1), wanted, atol=4e-3)
    assert [tuple(each) for each in (host.location, host.rotation_euler, host.scale)] == channels
    assert [tuple(polygon.vertices) for polygon in host.data.polygons] == faces
    assert [slot.material.name for slot in host.material_slots] == ["fur"]
    assert [each.type for each in host.modifiers] == ["ARMATURE", "SUBSURF"]
    assert armature.parent.name == "place" and tuple(armature.matrix_world.to_translation()) != (0, 0, 0)


def test_a_vertex_group_of_its_own_keeps_its_name_and_weights(host):
    host.vertex_groups["root"].add([0], 0.25, "REPLACE")
    animate_object(host, asset_of(sent(host)), Timing(1))
    armature = host.parent
    assert {group.name for group in host.vertex_groups} == {"root", "root.mav3d", "top"}
    assert host.vertex_groups["root"].weight(0) == 0.25 and {bone.name for bone in armature.data.bones} == {"root.mav3d", "top"}


def test_what_it_hangs_on_goes_on_carrying_it(host):
    place = host.matrix_world.to_translation()
    asset = asset_of(sent(host))
    animate_object(host, asset, Timing(1))
    bpy.data.objects["place"].location.y += 10
    wanted = asset.meshes.positions[1] + np.array(place) + [0, 10, 0]
    np.testing.assert_allclose(shown(host, 2), wanted, atol=4e-3)


def test_shape_keys_move_it_where_there_is_no_rig(host):
    asset = asset_of(sent(host), rigged=False)
    place = np.array(host.matrix_world.to_translation())
    assert animate_object(host, asset, Timing(1)) == [] and host.parent.name == "place"
    np.testing.assert_allclose(shown(host, 3), asset.meshes.positions[2] + place, atol=1e-4)
    np.testing.assert_allclose(shown(host, 1), asset.meshes.positions[0] + place, atol=1e-4)


def test_a_mesh_that_was_edited_meanwhile_is_left_alone(host):
    asset = asset_of(sent(host))
    host.data.vertices[0].co.x += 0.5
    with pytest.raises(AssetError, match="has been changed since it was sent"):
        animate_object(host, asset, Timing(1))
    assert [each.type for each in host.modifiers] == ["SUBSURF"] and len(host.vertex_groups) == 1
