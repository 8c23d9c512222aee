import json

import bpy
import pytest

from tests.mav3d_blender.scenes import generate
from tests.mav3d_blender.timeline.assets import write_asset, write_fixed_asset, write_rigged_asset


def test_a_result_is_made_again_and_varied(addon):
    first = generate(addon)
    assert bpy.ops.mav3d.regenerate.poll()
    with bpy.context.temp_override(object=first):
        assert bpy.ops.mav3d.regenerate() == {"FINISHED"}
        first.location.x = 9
        assert bpy.ops.mav3d.vary_seed() == {"FINISHED"}
    # The new one is the same object, where it is; what it was is kept.
    assert first.location.x == 9 and first.mav3d.seed != 7 and bpy.data.objects[f"{first.name} (seed 7)"].hide_viewport
    seeds = [json.loads(host.mav3d.request)["seed"] for host in addon.objects if host.mav3d.prompt]
    assert len(seeds) == 3 and seeds.count(7) == 2


def test_a_result_whose_job_is_gone_can_not_be_continued(addon):
    host = generate(addon)
    bpy.ops.mav3d.remove(job=host.mav3d.job)
    with bpy.context.temp_override(object=host), pytest.raises(RuntimeError, match="has been removed: use Regenerate"):
        bpy.ops.mav3d.continue_optimizing(steps=5)


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_an_asset_folder_is_imported_with_its_recipe(addon, tmp_path, write):
    write(tmp_path / "job" / "asset")
    # The job's own folder does as well.
    assert bpy.ops.mav3d.import_asset(directory=str(tmp_path / "job")) == {"FINISHED"}
    host = bpy.context.view_layer.objects.active
    assert host.mav3d.prompt == "an octahedron growing" and host.mav3d.seed == 1
    # A far place that the engine took out of the mesh counts from the cursor, as the mesh itself does.
    write(tmp_path / "far" / "asset", origin=[1000, 0, -20])
    addon.cursor.location = (1, 2, 3)
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "far"))
    assert tuple(bpy.context.view_layer.objects.active.location) == (1001, 2, -17)
    with pytest.raises(RuntimeError, match="no asset folder"):
        bpy.ops.mav3d.import_asset(directory=str(tmp_path))


def test_a_result_is_marked_exported_and_baked(addon, tmp_path):
    assert not bpy.ops.mav3d.mark_as_asset.poll()
    write_fixed_asset(tmp_path / "asset")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "asset"))
    host = bpy.context.view_layer.objects.active
    with bpy.context.temp_override(object=host):
        assert bpy.ops.mav3d.mark_as_asset() == {"FINISHED"}
        assert host.asset_data.description == "an octahedron growing"
        assert {"mav3d", "octahedron", "growing"} <= {tag.name for tag in host.asset_data.tags}
        assert bpy.ops.mav3d.export(format="GLB", filepath=str(tmp_path / "out")) == {"FINISHED"}
        assert (tmp_path / "out.glb").stat().st_size > 1000
        assert bpy.ops.mav3d.bake_to_frames() == {"FINISHED"}
    assert bpy.context.view_layer.objects.active != host and host.hide_render


def test_a_rig_is_turned_into_shape_keys_and_frames(addon, tmp_path):
    write_rigged_asset(tmp_path / "asset")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "asset"))
    host = bpy.context.view_layer.objects.active
    with bpy.context.temp_override(object=host):
        assert bpy.ops.mav3d.frames_to_shape_keys() == {"FINISHED"}
    twin = bpy.context.view_layer.objects.active
    assert twin != host and twin.data.shape_keys and not [m for m in twin.modifiers if m.type == "ARMATURE"]


def test_motion_is_converted_and_single_frames_are_edited(addon, tmp_path):
    write_fixed_asset(tmp_path / "fixed")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "fixed"))
    host = bpy.context.view_layer.objects.active
    assert bpy.ops.mav3d.convert_to_transform_keys() == {"FINISHED"}
    twin = bpy.context.view_layer.objects.active
    assert twin != host and twin.mav3d.prompt and twin.select_get()
    with pytest.raises(RuntimeError, match="keys of its own"):
        bpy.ops.mav3d.convert_to_transform_keys()
    write_asset(tmp_path / "frames")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "frames"))
    sequence = bpy.context.view_layer.objects.active
    assert not bpy.ops.mav3d.finish_frame.poll()
    assert bpy.ops.mav3d.edit_frame() == {"FINISHED"}
    frame = bpy.context.view_layer.objects.active
    assert frame.mode == "EDIT" and frame != sequence and bpy.ops.mav3d.finish_frame.poll()
    assert bpy.ops.mav3d.finish_frame() == {"FINISHED"}
    assert bpy.context.view_layer.objects.active == sequence and frame.mode == "OBJECT"
