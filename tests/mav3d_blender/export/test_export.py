"""One result to a file: alone, from time 0, whatever hides it, and never a file that lacks what it should hold."""

import json
import os
from pathlib import Path

import bpy
import numpy as np
import pytest

from mav3d_blender.export import export as module
from mav3d_blender.export.active_scene import active_scene
from mav3d_blender.export.export import export
from mav3d_blender.export.verify import ExportError
from mav3d_blender.export.write import read
from mav3d_blender.timeline import import_asset
from tests.mav3d_blender.timeline.assets import (
    FRAMES,
    moving_octahedron,
    world_points,
    write_asset,
    write_fixed_asset,
    write_rigged_asset,
)

START = 100
GAME = ["GLB_GAME", "FBX_GAME"]
KINDS = [
    "GLB",
    "FBX",
    *GAME,
    pytest.param("USDC", marks=pytest.mark.skipif(not bpy.app.build_options.usd, reason="built without USD")),
    pytest.param("ABC", marks=pytest.mark.skipif(not bpy.app.build_options.alembic, reason="built without Alembic")),
]


@pytest.fixture
def host(scene, tmp_path) -> bpy.types.Object:
    """An octahedron whose clip begins at frame 100, far from the scene's own range."""
    imported = import_asset(write_fixed_asset(tmp_path / "asset"), scene, start=START, match_fps=True)
    scene.frame_start, scene.frame_end = 1, 3
    return imported.object


def shown(path: Path, kind: str, frame: int) -> np.ndarray:
    """What a file's one mesh shows so many frames after its beginning, [V, 3]."""
    scene = bpy.data.scenes.new("read")
    scene.render.fps = 12
    with active_scene(scene):
        read(path, kind)
        (item,) = [item for item in scene.objects if item.type == "MESH" and item.visible_get()]
        return world_points(scene, item, frame)


@pytest.mark.parametrize("kind", KINDS)
def test_the_clip_s_own_range_is_written_from_time_0(host, tmp_path, kind):
    path = export(bpy.context, host, tmp_path / "shot.v2", kind)
    assert path == tmp_path / f"shot.v2.{kind.removesuffix('_GAME').lower()}"
    for frame in (0, FRAMES - 1):
        np.testing.assert_allclose(
            np.sort(np.unique(shown(path, kind, frame).round(4), axis=0), axis=0),
            np.sort(np.unique(moving_octahedron()[frame].round(4), axis=0), axis=0),
            atol=1e-3,
        )


@pytest.mark.parametrize("kind", KINDS)
def test_what_hides_an_object_keeps_it_from_no_file(scene, host, tmp_path, kind):
    host.hide_viewport = host.hide_render = host.hide_select = True
    host.users_collection[0].hide_viewport = True
    bpy.context.view_layer.layer_collection.children[0].exclude = True
    path = export(bpy.context, host, tmp_path / "hidden", kind)
    assert len(shown(path, kind, 0)) >= 6
    assert host.hide_viewport and bpy.context.view_layer.layer_collection.children[0].exclude


def test_nothing_of_it_stays_in_the_blend(scene, host, tmp_path):
    kinds = ("objects", "meshes", "actions", "scenes", "images")
    before = {name: [each.name for each in getattr(bpy.data, name)] for name in kinds}
    export(bpy.context, host, tmp_path / "a", "GLB")
    after = {name: [each.name for each in getattr(bpy.data, name)] for name in before}
    assert after == before and sorted(os.listdir(tmp_path)) == ["a.glb", "asset"]
    assert bpy.context.scene == scene


def test_a_file_names_things_as_blender_does(host, tmp_path):
    name = host.name
    path = export(bpy.context, host, tmp_path / "a", "GLB")
    data = path.read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert [node["name"] for node in document["nodes"]] == [name] and host.name == name


def test_a_carried_object_is_written_where_it_is_seen(scene, host, tmp_path):
    empty = bpy.data.objects.new("carrier", None)
    scene.collection.objects.link(empty)
    empty.location = (0, 0, 5)
    empty.keyframe_insert("location", frame=START)
    empty.location = (0, 0, 8)
    empty.keyframe_insert("location", frame=START + FRAMES - 1)
    host.parent = empty
    path = export(bpy.context, host, tmp_path / "a", "GLB")
    np.testing.assert_allclose(shown(path, "GLB", 0).mean(0)[2], moving_octahedron()[0].mean(0)[2] + 5, atol=1e-3)
    np.testing.assert_allclose(shown(path, "GLB", FRAMES - 1).mean(0)[2], moving_octahedron()[-1].mean(0)[2] + 8, atol=1e-3)


@pytest.mark.parametrize("kind", ["GLB", "FBX", *GAME])
def test_a_mesh_per_frame_is_refused_where_it_can_not_be_kept(scene, tmp_path, kind):
    host = import_asset(write_asset(tmp_path / "asset"), scene).object
    with pytest.raises(ExportError, match="one mesh per frame: use To Shape Keys first, or choose USD or Alembic"):
        export(bpy.context, host, tmp_path / "a", kind)
    assert os.listdir(tmp_path) == ["asset"]


@pytest.mark.parametrize("kind", KINDS[4:])
def test_a_mesh_per_frame_is_kept_by_the_others(scene, tmp_path, kind):
    host = import_asset(write_asset(tmp_path / "asset"), scene, start=START).object
    export(bpy.context, host, tmp_path / "a", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rig_is_kept_by_each(scene, tmp_path, kind):
    host = import_asset(write_rigged_asset(tmp_path / "asset"), scene, start=START, match_fps=True).object
    export(bpy.context, host, tmp_path / "a", kind)


@pytest.mark.parametrize("kind", GAME)
def test_a_game_engine_gets_a_skin_in_meters_from_time_0(scene, tmp_path, kind):
    host = import_asset(write_rigged_asset(tmp_path / "asset"), scene, start=START, match_fps=True).object
    path = export(bpy.context, host, tmp_path / "a", kind)
    other = bpy.data.scenes.new("read")
    other.render.fps = 12
    with active_scene(other):
        read(path, kind)
        (mesh,) = [item for item in other.objects if item.type == "MESH" and item.visible_get()]
        (armature,) = [item for item in other.objects if item.type == "ARMATURE"]
        assert {group.name for group in mesh.vertex_groups} == {"root", "limb"} == {bone.name for bone in armature.data.bones}
        assert armature.animation_data.action.frame_range[:] == pytest.approx((0, FRAMES - 1), abs=0.01)
        bpy.context.view_layer.update()
        # No factor of 100 between the units of the file and meters is left on an object.
        assert mesh.matrix_world.to_scale()[:] == pytest.approx((1, 1, 1), rel=1e-3)
        assert np.ptp(world_points(other, mesh, 0), axis=0).max() == pytest.approx(2, rel=1e-2)


def test_a_glb_holds_bones_that_deform_and_y_up(scene, tmp_path):
    host = import_asset(write_rigged_asset(tmp_path / "asset"), scene, start=START, match_fps=True).object
    content = export(bpy.context, host, tmp_path / "a", "GLB_GAME").read_bytes()
    length = int.from_bytes(content[12:16], "little")
    file = json.loads(content[20 : 20 + length])
    (skin,) = file["skins"]
    assert [file["nodes"][joint]["name"] for joint in skin["joints"]] == ["root", "limb"]
    (mesh,) = file["meshes"]
    (primitive,) = mesh["primitives"]
    assert {"JOINTS_0", "WEIGHTS_0"} <= set(primitive["attributes"]) and "JOINTS_1" not in primitive["attributes"]
    box = file["accessors"][primitive["attributes"]["POSITION"]]
    # The bar stands along Z in Blender.
    assert box["max"][1] - box["min"][1] == pytest.approx(2, rel=1e-2)
    times = {sampler["input"] for sampler in file["animations"][0]["samplers"]}
    assert min(file["accessors"][time]["min"][0] for time in times) == 0 and len(file["animations"]) == 1


def test_a_file_that_is_there_is_asked_about_and_kept_where_the_new_one_fails(host, tmp_path, monkeypatch):
    (tmp_path / "a.glb").write_text("years of work")
    with pytest.raises(ExportError, match="exists: choose another name"):
        export(bpy.context, host, tmp_path / "a", "GLB", replace=False)
    monkeypatch.setattr(module, "write", lambda scene, path, kind: path.write_bytes(b""))
    with pytest.raises(ExportError, match="Blender wrote nothing"):
        export(bpy.context, host, tmp_path / "a", "GLB")
    assert (tmp_path / "a.glb").read_text() == "years of work" and not list(tmp_path.glob(".*"))


def test_a_file_without_the_motion_is_no_success(host, tmp_path, monkeypatch):
    def still(scene: bpy.types.Scene, path: Path, kind: str) -> None:
        bpy.ops.export_scene.gltf(filepath=str(path), use_selection=True, use_active_scene=True, export_animations=False)

    monkeypatch.setattr(module, "write", still)
    with pytest.raises(ExportError, match="its motion is not the one that Blender shows"):
        export(bpy.context, host, tmp_path / "a", "GLB")
    assert not (tmp_path / "a.glb").exists()


def test_places_that_can_not_be_written_are_named(host, tmp_path):
    with pytest.raises(ExportError, match="The folder .*nowhere doesn't exist"):
        export(bpy.context, host, tmp_path / "nowhere" / "a", "GLB")
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="doesn't exist"):
        export(bpy.context, host, tmp_path / "file" / "a", "GLB")


def test_numbers_that_are_not_finite_are_never_written(host, tmp_path):
    host.data.shape_keys.key_blocks[1].data[0].co = (float("nan"), 0, 0)
    host.data.shape_keys.animation_data_clear()
    host.data.shape_keys.key_blocks[1].value = 1
    with pytest.raises(ExportError, match="a.glb could not be written: its mesh has numbers that are not finite at frame 0"):
        export(bpy.context, host, tmp_path / "a", "GLB")
    assert [path.name for path in tmp_path.iterdir()] == ["asset"]


def test_a_modifier_that_a_format_leaves_out_is_named(host, tmp_path):
    host.modifiers.new("Halved", "DECIMATE").ratio = 0.5
    with pytest.raises(ExportError, match="not where Blender shows it; apply or remove its modifier Halved"):
        export(bpy.context, host, tmp_path / "a", "GLB")


def test_a_name_that_is_no_text_is_one_sentence(host, tmp_path):
    with pytest.raises(ExportError, match="can't be written in UTF-8, as Blender needs it: choose another name") as caught:
        export(bpy.context, host, tmp_path / os.fsdecode(b"a\xff"), "GLB")
    str(caught.value).encode()


def test_an_object_that_is_edited_has_to_be_left_first(host, tmp_path):
    bpy.context.view_layer.objects.active = host
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(ExportError, match="leave Edit Mode"):
        export(bpy.context, host, tmp_path / "a", "GLB")


def test_names_that_can_be_no_file_are_named_and_long_ones_are_written(host, tmp_path):
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(ExportError, match="folder.glb is a folder: choose another name"):
        export(bpy.context, host, tmp_path / "folder", "GLB")
    with pytest.raises(ExportError, match="^x{40} can't be a file's name there .*: choose another name"):
        export(bpy.context, host, tmp_path / ("x" * 300), "GLB")
    assert export(bpy.context, host, tmp_path / ("x" * 245), "GLB").stat().st_size
