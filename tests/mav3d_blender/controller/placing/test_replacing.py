"""A new result in the place of an older one: what an artist has done to that stays, and what it was is kept."""

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from mav3d_blender.controller.pace import set_pace
from mav3d_blender.controller.placing.recipe import read_pivot
from mav3d_blender.controller.placing.results import animate_target, place_asset, replace_target
from mav3d_blender.timeline import AssetError, Pace, armature_of, release, released_place
from mav3d_blender.timeline.asset_folder.asset import Asset, read_asset
from tests.mav3d_blender.rigged import add_rigged_dog, write_dog_asset
from tests.mav3d_blender.timeline.assets import write_asset, write_fixed_asset, write_rigged_asset

WRITE = {"rigged": write_rigged_asset, "fixed": write_fixed_asset, "per-frame": write_asset}
REQUEST = {"prompt": "a bar folding", "seed": 2}
TARGET = {"size": 0.0, "location": [3.0, 0.0, 0.0], "rate": "EVERY", "start_frame": 1, "repeat": "LOOP"}
MOVE = Matrix.Translation((0, 5, 1)) @ Euler((0, 0, 1.0)).to_matrix().to_4x4() @ Matrix.Scale(2, 4)


def shown(host, frame: float) -> np.ndarray:
    bpy.context.scene.frame_set(int(frame))
    evaluated = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    points = np.array([evaluated.matrix_world @ vertex.co for vertex in mesh.vertices])
    evaluated.to_mesh_clear()
    return points


@pytest.fixture
def made(addon, tmp_path):
    def make(kind: str) -> bpy.types.Object:
        asset = read_asset(WRITE[kind](tmp_path / kind))
        return place_asset(addon, asset, TARGET, REQUEST | {"seed": 1}, "old").object

    return make


@pytest.mark.parametrize("new", WRITE)
@pytest.mark.parametrize("old", WRITE)
def test_the_object_stays_where_it_is_and_shows_the_new_one(addon, tmp_path, made, old, new):
    host = made(old)
    before = {frame: shown(host, frame) for frame in (1, 3)}
    empty = bpy.data.objects.new("turntable", None)
    addon.collection.objects.link(empty)
    carrier = armature_of(host) or host
    carrier.parent, empty.matrix_world = empty, MOVE
    host.modifiers.new("Lift", "DISPLACE").strength = 0
    own = bpy.data.collections.new("props")
    addon.collection.children.link(own)
    own.objects.link(host)
    target = TARGET | {"replaces": host.name, "uid": host.session_uid}
    asset = read_asset(WRITE[new](tmp_path / "new" / new))
    # What it would show at its first place.
    fresh = place_asset(addon, asset, TARGET, REQUEST, "fresh").object
    wanted = {frame: shown(fresh, frame) for frame in (1, 3)}
    replace_target(addon, asset, target, REQUEST, "new", False)
    for frame, points in wanted.items():
        points = points @ np.array(MOVE)[:3, :3].T + np.array(MOVE)[:3, 3]
        np.testing.assert_allclose(shown(host, frame), points, atol=5e-3)
    assert host.mav3d.job == "new" and "Lift" in host.modifiers and host.name in own.objects
    kept = bpy.data.objects[f"{host.name} (seed 1)"]
    assert kept.hide_render and kept.hide_viewport and kept.mav3d.job == "old"
    kept.hide_viewport = False
    if armature_of(kept) is not None:
        armature_of(kept).hide_viewport = False
    for frame, points in before.items():
        points = points @ np.array(MOVE)[:3, :3].T + np.array(MOVE)[:3, 3]
        np.testing.assert_allclose(shown(kept, frame), points, atol=5e-3)
    assert (armature_of(host) is not None) == (new == "rigged")


@pytest.mark.parametrize("kind", ["rigged", "fixed"])
def test_its_own_transform_material_and_pace_go_on(addon, tmp_path, made, kind):
    host = made(kind)
    if kind == "fixed":
        host.matrix_basis = MOVE @ host.matrix_basis
    surface = next(node for node in host.data.materials[0].node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.125
    picture = next(node.image for node in host.data.materials[0].node_tree.nodes if node.type == "TEX_IMAGE")
    set_pace(host, Pace(2.0, True, "LOOP"))
    place, target = host.matrix_basis.copy(), TARGET | {"replaces": host.name}
    replace_target(addon, read_asset(WRITE[kind](tmp_path / "new")), target, REQUEST, "new", False)
    assert (host.mav3d.speed, host.mav3d.reverse) == (2.0, True)
    np.testing.assert_allclose(np.array(host.matrix_basis), np.array(place), atol=1e-5)
    nodes = host.data.materials[0].node_tree.nodes
    assert next(node for node in nodes if node.type == "BSDF_PRINCIPLED").inputs["Roughness"].default_value == 0.125
    assert next(node.image for node in nodes if node.type == "TEX_IMAGE") != picture
    gold = bpy.data.materials.new("gold")
    host.data.materials[0] = gold
    replace_target(addon, read_asset(WRITE[kind](tmp_path / "third")), target, REQUEST | {"seed": 3}, "third", False)
    assert host.data.materials[0] == gold


def test_a_result_that_is_gone_has_its_place_taken_all_the_same(addon, tmp_path, made):
    host = made("fixed")
    target = TARGET | {"replaces": host.name, "uid": host.session_uid}
    bpy.data.objects.remove(host)
    replace_target(addon, read_asset(write_fixed_asset(tmp_path / "new")), target, REQUEST, "new", False)
    (host,) = [each for each in addon.objects if each.mav3d.job == "new"]
    assert tuple(host.location) == (3, 0, 0) and not host.hide_viewport


def test_an_own_mesh_is_moved_anew_and_is_else_as_it_was(addon, tmp_path):
    asset = read_asset(write_rigged_asset(tmp_path / "asset"))
    mesh = bpy.data.meshes.new("bar")
    mesh.from_pydata(asset.rig.rest.tolist(), [], asset.meshes.triangles.tolist())
    host = bpy.data.objects.new("bar", mesh)
    addon.collection.objects.link(host)
    host.location = (1, 2, 3)
    host.vertex_groups.new(name="mine")
    bpy.context.view_layer.update()
    target = {"object": "bar", "rate": "EVERY"}
    animate_target(addon, asset, target, REQUEST, "first")
    first = armature_of(host)
    before = shown(host, 4)
    animate_target(addon, asset, target | {"again": True, "location": [1, 2, 3]}, REQUEST | {"seed": 5}, "second")
    assert armature_of(host) not in (None, first) and host.mav3d.job == "second" and host.data == mesh
    np.testing.assert_allclose(shown(host, 4), before, atol=1e-3)
    groups = [group.name for group in host.vertex_groups]
    assert groups[0] == "mine" and len(groups) == 1 + len(armature_of(host).data.bones)
    assert [each.type for each in host.modifiers] == ["ARMATURE"]
    kept = bpy.data.objects["bar (seed 1)"]
    assert kept.hide_viewport and kept.data != mesh and armature_of(kept) != armature_of(host)


def test_a_result_of_an_older_version_keeps_its_place(addon, tmp_path, made):
    host = made("fixed")
    host.mav3d.property_unset("placed")
    target = TARGET | {"replaces": host.name, "location": [0.0, 0.0, 0.0]}
    host.location = (4, 5, 6)
    replace_target(addon, read_asset(write_fixed_asset(tmp_path / "new")), target, REQUEST, "new", False)
    np.testing.assert_allclose(host.location, (4, 5, 6), atol=1e-6)


def test_another_height_above_the_origin_is_allowed_for(addon, tmp_path, made):
    host = made("fixed")
    assert tuple(host.location) == (3, 0, 0)
    higher = read_asset(write_fixed_asset(tmp_path / "new", origin=[0, 0, 2]))
    replace_target(addon, higher, TARGET | {"replaces": host.name}, REQUEST, "new", False)
    fresh = place_asset(addon, higher, TARGET, REQUEST, "fresh").object
    np.testing.assert_allclose(shown(host, 2), shown(fresh, 2), atol=1e-5)


def test_a_rig_of_one_s_own_that_moves_already_is_animated_from_where_it_was_sent(addon, tmp_path):
    scene, (host, armature) = addon, add_rigged_dog()
    asset = read_asset(write_dog_asset(host, armature, tmp_path / "asset"))
    target = {"object": "dog", "rate": "EVERY", "frame": 1}
    animate_target(scene, asset, target, REQUEST, "first")
    first = armature_of(host).animation_data.action
    # Its root goes along, turns and grows: at this frame it is elsewhere.
    scene.frame_set(4)
    before = shown(host, 3)
    scene.frame_set(4)
    animate_target(scene, asset, target, REQUEST, "second")
    assert scene.frame_current == 4 and host.mav3d.own_armature and first.use_fake_user
    assert armature_of(host).animation_data.action not in (None, first)
    np.testing.assert_allclose(shown(host, 3), before, atol=2e-2)


def own_bar(scene, tmp_path) -> tuple[bpy.types.Object, Asset]:
    """An object of one's own that an asset has moved once, at a turned place under an empty."""
    asset = read_asset(write_rigged_asset(tmp_path / "asset"))
    mesh = bpy.data.meshes.new("bar")
    mesh.from_pydata(asset.rig.rest.tolist(), [], asset.meshes.triangles.tolist())
    host, empty = bpy.data.objects.new("bar", mesh), bpy.data.objects.new("shelf", None)
    for each in (host, empty):
        scene.collection.objects.link(each)
    empty.location, host.parent, host.location = (0, 0, 2), empty, (1, 2, 3)
    bpy.context.view_layer.update()
    animate_target(scene, asset, {"object": "bar", "rate": "EVERY", "location": [9, 9, 9]}, REQUEST, "first")
    return host, asset


def test_a_released_object_is_where_it_was_said_to_be(addon, tmp_path):
    host, _ = own_bar(addon, tmp_path)
    addon.frame_set(4)
    wanted = released_place(host, read_pivot(host))
    release(host, read_pivot(host), "kept")
    np.testing.assert_allclose(wanted, host.matrix_world, atol=1e-5)
    np.testing.assert_allclose(host.matrix_world.translation, (1, 2, 5), atol=1e-5)


def state_of(scene) -> dict:
    """What there is, and where: objects with their transforms, modifiers and groups, and their bones'."""
    bpy.context.view_layer.update()
    return {
        each.name: (
            [tuple(row) for row in each.matrix_world], [tuple(row) for row in each.matrix_basis],
            each.parent and each.parent.name, [modifier.type for modifier in each.modifiers],
            [group.name for group in each.vertex_groups],
            [[tuple(row) for row in bone.matrix_basis] for bone in (each.pose.bones if each.pose else ())],
            each.animation_data and each.animation_data.action and each.animation_data.action.name,
        )
        for each in scene.objects
    }  # fmt: skip


def edited_mesh(host: bpy.types.Object) -> None:
    host.data.vertices[0].co.x += 0.5


def second_armature(host: bpy.types.Object) -> None:
    host.modifiers.new("Mine", "ARMATURE").object = bpy.data.objects.new("mine", bpy.data.armatures.new("mine"))


@pytest.mark.parametrize(("edit", "said"), [(edited_mesh, "has been changed"), (second_armature, "has several armatures")])
def test_a_refusal_changes_nothing(addon, tmp_path, edit, said):
    host, asset = own_bar(addon, tmp_path)
    edit(host)
    addon.frame_set(3)
    # Moved by hand and not keyed: a change of frame would take it back.
    armature = armature_of(host)
    armature.location.z += 1
    armature.pose.bones[0].rotation_quaternion = (0.8, 0.6, 0, 0)
    before = state_of(addon)
    target = {"object": "bar", "again": True, "rate": "EVERY", "frame": 1}
    with pytest.raises(AssetError, match=said):
        animate_target(addon, asset, target, REQUEST, "second")
    assert state_of(addon) == before and addon.frame_current == 3 and host.mav3d.job == "first"


def test_a_refusal_leaves_an_armature_of_one_s_own_as_it_is_posed(addon, tmp_path):
    host, armature = add_rigged_dog()
    asset = read_asset(write_dog_asset(host, armature, tmp_path / "asset"))
    animate_target(addon, asset, {"object": "dog", "rate": "EVERY", "frame": 1}, REQUEST, "first")
    addon.frame_set(3)
    armature.pose.bones["head"].rotation_euler = (0.3, 0.2, 0.1)
    armature.data.bones["tail"].name = "rudder"
    before = state_of(addon)
    with pytest.raises(AssetError, match="rig has been changed since it was sent"):
        animate_target(addon, asset, {"object": "dog", "rate": "EVERY", "frame": 1}, REQUEST, "second")
    assert state_of(addon) == before
