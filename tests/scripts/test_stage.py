"""What the camera of scene.blend frames."""

import math

import bpy
import pytest
from mathutils import Vector

from scripts.stage import ANGLE, add_camera_and_lights, reach


@pytest.fixture
def scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 3
    return scene


def moving_cube(scene: bpy.types.Scene) -> None:
    """Two metres a side, four metres along X in the clip."""
    bpy.ops.mesh.primitive_cube_add(size=2)
    for frame, x in ((1, 0.0), (3, 4.0)):
        bpy.context.object.location.x = x
        bpy.context.object.keyframe_insert("location", frame=frame)


def test_all_frames_are_within_reach(scene):
    moving_cube(scene)
    middle, radius = reach(scene)
    assert tuple(middle) == pytest.approx((2, 0, 0)) and radius == pytest.approx(math.sqrt(3**2 + 1 + 1))


def test_an_empty_scene_is_the_engine_s_own(scene):
    assert reach(scene) == (Vector((0, 0, 0)), 1.1)


def test_the_camera_just_holds_what_is_reached(scene):
    moving_cube(scene)
    add_camera_and_lights(scene)
    away = scene.camera.location - Vector((2, 0, 0))
    assert away.length * math.sin(ANGLE / 2) == pytest.approx(math.sqrt(11), rel=1e-5)
