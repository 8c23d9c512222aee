"""Fixed topology with a texture a frame: the right one at each frame, in Cycles too, and in a .blend moved elsewhere."""

import shutil

import bpy
import pytest

from mav3d_blender.timeline import import_asset
from tests.mav3d_blender.timeline import cycles
from tests.mav3d_blender.timeline.assets import FRAMES, shown_materials, write_fixed_asset


@pytest.fixture
def folder(tmp_path):
    return write_fixed_asset(tmp_path / "asset", texture="per-frame")


def test_each_frame_shows_its_own_texture(scene, folder):
    host = import_asset(folder, scene, start=5).object
    for number in range(1, FRAMES + 1):
        (name,) = shown_materials(scene, host, 4 + number)
        assert name == f"an octahedron growing {number:04d}"
        image = next(node.image for node in bpy.data.materials[name].node_tree.nodes if node.type == "TEX_IMAGE")
        # PNG to Blender's pixels and back is exact.
        assert round(255 * image.pixels[0]) == 80 + 14 * number


def test_it_holds_before_between_and_after_frames(scene, folder):
    host = import_asset(folder, scene, start=5).object
    for frame, number in ((-3, 1), (4.5, 1), (5.9, 1), (6.1, 2), (16.5, 12), (99, 12)):
        assert shown_materials(scene, host, frame) == {f"an octahedron growing {number:04d}"}


def test_faces_with_another_material_keep_it(scene, folder):
    host = import_asset(folder, scene).object
    host.data.materials.append(bpy.data.materials.new("gold"))
    host.data.polygons[2].material_index = FRAMES
    assert shown_materials(scene, host, 4) == {"an octahedron growing 0004", "gold"}


@pytest.mark.parametrize("pack", [True, False])
def test_a_saved_file_renders_the_texture_of_the_frame(scene, folder, tmp_path, pack):
    import_asset(folder, scene, pack_textures=pack)
    cycles.set_up(scene, width=6)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    if pack:
        (tmp_path / "elsewhere").mkdir()
        shutil.move(tmp_path / "saved.blend", tmp_path / "elsewhere" / "saved.blend")
        shutil.rmtree(folder)
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "elsewhere" / "saved.blend"))
    else:
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert {bool(image.packed_file) for image in bpy.data.images if image.source == "FILE"} == {pack}
    reds = {}
    for frame in (1, 6, 11):
        picture = cycles.render(bpy.context.scene, frame, tmp_path)
        solid = picture[picture[..., 3] == 255]
        assert solid[:, 0].mean() > 2 * solid[:, 1].mean()
        reds[frame] = solid[:, 0].mean()
    # The textures' reds are 94, 164 and 234.
    assert reds[6] > 1.3 * reds[1] and reds[11] > 1.2 * reds[6]
