import bpy
import pytest

from mav3d_blender.export.active_scene import active_scene


def test_another_scene_is_the_contexts_for_a_while(scene):
    other = bpy.data.scenes.new("other")
    with active_scene(other):
        assert bpy.context.scene == other and bpy.context.view_layer == other.view_layers[0]
        bpy.ops.object.empty_add()
    assert bpy.context.scene == scene
    assert len(other.objects) == 1 and len(scene.objects) == 0


def test_the_scene_comes_back_after_a_fault_too(scene):
    with pytest.raises(RuntimeError), active_scene(bpy.data.scenes.new("other")):
        raise RuntimeError("the exporter failed")
    assert bpy.context.scene == scene
