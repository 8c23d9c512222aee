import bpy
import pytest

from mav3d_blender.export.clip_scene import clip_scene
from mav3d_blender.timeline import armature_of, compat, import_asset
from tests.mav3d_blender.timeline.assets import FRAMES, write_fixed_asset, write_rigged_asset


def cube(scene, name: str = "cube") -> bpy.types.Object:
    host = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    scene.collection.objects.link(host)
    return host


def test_the_clip_begins_at_frame_0_whatever_its_place_in_the_scene(scene, tmp_path):
    host = import_asset(write_fixed_asset(tmp_path / "asset"), scene, start=100, match_fps=True).object
    scene.render.fps = 30
    keys = sorted(point.co.x for curve in compat.fcurves(host.data.shape_keys) for point in curve.keyframe_points)
    with clip_scene(host, scene) as clip:
        assert (clip.first, clip.scene.frame_start, clip.scene.render.fps) == (keys[0], 0, 30)
        assert clip.scene.frame_end == keys[-1] - keys[0] >= FRAMES - 1
        moved = sorted(p.co.x for curve in compat.fcurves(clip.host.data.shape_keys) for p in curve.keyframe_points)
        assert moved == [key - keys[0] for key in keys]
    assert sorted(p.co.x for curve in compat.fcurves(host.data.shape_keys) for p in curve.keyframe_points) == keys


def test_a_still_thing_has_one_frame(scene):
    with clip_scene(cube(scene), scene) as clip:
        assert (clip.first, clip.scene.frame_start, clip.scene.frame_end) == (0, 0, 0)


def test_copies_have_the_names_are_seen_and_selected_and_leave_nothing(scene):
    host = cube(scene)
    host.hide_viewport = host.hide_select = True
    before = {name: len(getattr(bpy.data, name)) for name in ("objects", "meshes", "scenes", "actions")}
    with clip_scene(host, scene) as clip:
        assert clip.host.name == "cube" and clip.host != host
        assert bpy.context.scene == clip.scene and clip.host.visible_get() and clip.host.select_get()
        assert bpy.context.view_layer.objects.active == clip.host
    assert (host.name, host.data.name, host.hide_viewport) == ("cube", "cube", True)
    assert {name: len(getattr(bpy.data, name)) for name in before} == before and bpy.context.scene == scene


def test_an_armature_and_what_carries_it_come_along(scene, tmp_path):
    host = import_asset(write_rigged_asset(tmp_path / "asset"), scene).object
    armature = armature_of(host)
    carrier = bpy.data.objects.new("carrier", None)
    scene.collection.objects.link(carrier)
    armature.parent = carrier
    with clip_scene(host, scene) as clip:
        twin = armature_of(clip.host)
        assert twin not in (None, armature) and twin.parent not in (None, carrier) and len(clip.scene.objects) == 3
    assert armature_of(host) == armature and armature.parent == carrier


def test_another_objects_child_keeps_its_place_without_it(scene):
    parent, host = cube(scene, "parent"), cube(scene)
    parent.location, host.location = (1, 2, 3), (0, 0, 1)
    host.parent = parent
    bpy.context.view_layer.update()
    with clip_scene(host, scene) as clip:
        assert clip.host.parent is None and len(clip.scene.objects) == 1
        assert clip.host.matrix_world.translation[:] == pytest.approx((1, 2, 4))
