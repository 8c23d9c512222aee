"""scene.blend renders where a farm has put it: nothing of it is anywhere else."""

import argparse
import shutil
from pathlib import Path

import bpy
import imageio.v3 as imageio
import pytest

from engine.cli.console import Console
from mav3d_blender.timeline import import_asset
from scripts.product import _build
from tests.mav3d_blender.timeline.assets import write_asset, write_fixed_asset, write_rigged_asset


def moved(folder: Path, tmp_path: Path) -> Path:
    """The file of a folder that has gone elsewhere; nothing is left where it was."""
    there = tmp_path / "farm" / "job 17"
    there.parent.mkdir()
    shutil.move(folder, there)
    # What lay beside is not what is rendered.
    shutil.rmtree(there / "asset")
    return there / "scene.blend"


def outside(path: Path) -> list[str]:
    """What an opened file has from elsewhere, or lacks."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    files = [file for file in bpy.utils.blend_paths(packed=True) if not file.startswith("//")]
    files += bpy.utils.blend_paths(absolute=True, packed=False)
    lacking = [image.name for image in bpy.data.images if image.source == "FILE" and not (image.packed_file and image.size[0])]
    return [*files, *lacking, *(library.filepath for library in bpy.data.libraries)]


def picture(path: Path):
    """The middle frame, small, as `blender -b scene.blend -f 6` has it, but for samples and size."""
    scene = bpy.context.scene
    assert scene.render.filepath == "//frames/"
    scene.render.resolution_x = scene.render.resolution_y = 16
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.device = 1, False, "CPU"
    scene.render.image_settings.file_format = "PNG"
    scene.frame_set(6)
    scene.render.filepath = "//frames/0006.png"
    bpy.ops.render.render(write_still=True)
    return imageio.imread(path.parent / "frames" / "0006.png")[..., :3]


@pytest.mark.parametrize("write", [write_fixed_asset, write_rigged_asset, write_asset])
def test_scene_blend_renders_after_its_folder_was_moved(write, tmp_path):
    output = tmp_path / "output"
    write(output / "asset")
    _build(argparse.Namespace(output=output, no_render=True), Console(), 0.0)
    path = moved(output, tmp_path)
    assert outside(path) == []
    image = picture(path).astype(float)
    # The body is of other colors than the gray around it, and not magenta, as one whose picture is missing.
    assert abs(image - image[0, 0]).max() > 20
    assert not ((image[..., 0] > 1.5 * image[..., 1]) & (image[..., 2] > 1.5 * image[..., 1])).any()


def test_two_results_in_an_artists_file_are_unpacked_side_by_side(tmp_path):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for number in (1, 2):
        import_asset(write_fixed_asset(tmp_path / f"asset {number}"), bpy.context.scene)
    work = tmp_path / "work"
    work.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "scene.blend"))
    for number in (1, 2):
        shutil.rmtree(tmp_path / f"asset {number}")
    assert outside(work / "scene.blend") == []
    bpy.ops.file.unpack_all(method="WRITE_LOCAL")
    paths = bpy.utils.blend_paths(absolute=True)
    assert len(set(paths)) == 2 and all(Path(each).is_file() and Path(each).parent.parent == work for each in paths)
