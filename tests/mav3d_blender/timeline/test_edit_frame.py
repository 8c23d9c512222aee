import bpy
import pytest

from mav3d_blender.timeline import BakeError, begin_frame_edit, edited_sequence, end_frame_edit, import_asset
from tests.mav3d_blender.timeline.assets import shown_points, write_asset, write_fixed_asset


def test_one_frame_is_edited_where_the_sequence_stands_and_no_other(scene, tmp_path):
    write_asset(tmp_path / "asset")
    host = import_asset(tmp_path / "asset", scene, start=10, location=(1, 2, 3)).object
    before = {frame: shown_points(scene, host, frame) for frame in (10, 12, 13)}
    scene.frame_set(12)
    item = begin_frame_edit(host, scene)
    bpy.context.view_layer.update()
    assert item.name in scene.objects and tuple(item.matrix_world.translation) == (1, 2, 3) and host.hide_get()
    assert edited_sequence(item) == host and edited_sequence(host) is None and edited_sequence(None) is None
    item.data.vertices[0].co.z += 5
    assert end_frame_edit(item) == host
    bpy.context.view_layer.update()
    assert item.name not in scene.objects and not host.hide_get() and edited_sequence(item) is None
    after = {frame: shown_points(scene, host, frame) for frame in before}
    assert (after[12] - before[12]).max() == pytest.approx(5)
    assert (after[10] == before[10]).all() and (after[13] == before[13]).all()


def test_only_a_sequence_has_frames_to_edit(scene, tmp_path):
    write_fixed_asset(tmp_path / "asset")
    host = import_asset(tmp_path / "asset", scene).object
    with pytest.raises(BakeError, match="no sequence"):
        begin_frame_edit(host, scene)
    with pytest.raises(BakeError, match="no frame"):
        end_frame_edit(host)
