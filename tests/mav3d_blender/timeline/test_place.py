"""Asset folders into Blender, checked on the evaluated scene. The assets are made here, by hand."""

import bpy
import numpy as np
import pytest

from mav3d_blender.timeline import AssetError, import_asset
from tests.mav3d_blender.timeline import cycles
from tests.mav3d_blender.timeline.assets import (
    FACES,
    FRAMES,
    OCTAHEDRON,
    moving_octahedron,
    shown_mesh,
    shown_points,
    write_asset,
    write_fixed_asset,
)


def evaluated(scene: bpy.types.Scene, host: bpy.types.Object, frame: int) -> tuple[int, float, str]:
    """Faces, extent along X and material of what is seen at a frame."""
    mesh = shown_mesh(scene, host, frame)
    return len(mesh.polygons), extent(mesh), mesh.materials[mesh.polygons[0].material_index].name


def extent(mesh: bpy.types.Mesh) -> float:
    return float(np.ptp([vertex.co.x for vertex in mesh.vertices]))


def test_each_frame_shows_its_own_mesh_and_material(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path / "asset"), scene, start=5)
    assert (imported.first_frame, imported.last_frame) == (5, 16)
    materials = set()
    for number in range(1, FRAMES + 1):
        faces, width, material = evaluated(scene, imported.object, 4 + number)
        assert faces == (8 if number % 2 else 4)
        assert width == pytest.approx(2 * (1 + number / 10), rel=1e-5)
        materials.add(material)
    assert len(materials) == FRAMES


def test_numbered_frames_are_at_their_numbers(scene, tmp_path):
    numbers = list(range(101, 125, 2))
    imported = import_asset(write_fixed_asset(tmp_path / "asset", frame_numbers=numbers), scene)
    assert (imported.first_frame, imported.last_frame) == (101, 123)
    for number, positions in zip(numbers, moving_octahedron(), strict=True):
        np.testing.assert_allclose(shown_points(scene, imported.object, number), positions, atol=1e-6)
    assert import_asset(tmp_path / "asset", scene, start=7, spacing=1).last_frame == 18


def test_frames_can_share_one_texture(scene, tmp_path):
    host = import_asset(write_asset(tmp_path / "asset", texture="one"), scene).object
    assert {evaluated(scene, host, frame)[2] for frame in (1, 6, 12)} == {"an octahedron growing"}


def test_the_ends_are_held(scene, tmp_path):
    imported = import_asset(write_asset(tmp_path / "asset"), scene, start=5)
    assert evaluated(scene, imported.object, -20) == evaluated(scene, imported.object, 5)
    assert evaluated(scene, imported.object, 300) == evaluated(scene, imported.object, 16)


@pytest.mark.parametrize("loop", [True, False])
def test_fixed_topology_becomes_one_mesh_with_shape_keys(scene, tmp_path, loop):
    imported = import_asset(write_fixed_asset(tmp_path / "asset", loop=loop), scene, start=5)
    assert (imported.first_frame, imported.last_frame) == (5, 16)
    assert len(bpy.data.meshes) == 1 and not imported.object.modifiers
    for index, positions in enumerate(moving_octahedron()):
        np.testing.assert_allclose(shown_points(scene, imported.object, 5 + index), positions, atol=1e-6)
    # A loop is the artist's to make: both kinds hold their ends.
    np.testing.assert_allclose(shown_points(scene, imported.object, 16.5), moving_octahedron()[-1], atol=1e-6)


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_the_current_frame_is_shown_at_once(scene, tmp_path, write):
    folder = write(tmp_path / "asset")
    scene.frame_set(7)
    host = import_asset(folder, scene).object
    at_once = extent(shown_mesh(scene, host))
    assert at_once == pytest.approx(extent(shown_mesh(scene, host, 7)))
    assert at_once != pytest.approx(extent(shown_mesh(scene, host, 1)))


def test_a_still_object_has_no_shape_keys_and_no_curves(scene, tmp_path):
    imported = import_asset(write_fixed_asset(tmp_path / "asset", moving_octahedron(1), texture="per-frame"), scene)
    assert imported.object.data.shape_keys is None and not bpy.data.actions and not imported.object.modifiers
    assert imported.first_frame == imported.last_frame == 1
    np.testing.assert_array_equal(shown_points(scene, imported.object, 1), OCTAHEDRON)


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_one_object_is_in_the_scene_and_the_frames_are_out_of_it(scene, tmp_path, write):
    imported = import_asset(write(tmp_path / "asset"), scene)
    assert [item.name for item in scene.objects] == ["an octahedron growing"]
    assert list(imported.collection.objects) == [imported.object]
    if write is write_asset:
        assert len(bpy.data.collections["an octahedron growing frames"].objects) == FRAMES


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_range_and_rate_are_changed_only_when_asked(scene, tmp_path, write):
    folder = write(tmp_path / "asset")
    before = (scene.frame_start, scene.frame_end, scene.render.fps)
    import_asset(folder, scene)
    assert (scene.frame_start, scene.frame_end, scene.render.fps) == before
    import_asset(folder, scene, start=3, match_frame_range=True, match_fps=True)
    assert (scene.frame_start, scene.frame_end, scene.render.fps, scene.render.fps_base) == (3, 14, 12, 1)


@pytest.mark.parametrize("fps", [0.5, 7.5, 23.976])
def test_a_rate_that_is_no_whole_number_is_met(scene, tmp_path, fps):
    import_asset(write_fixed_asset(tmp_path / "asset", fps=fps), scene, match_fps=True)
    assert scene.render.fps / scene.render.fps_base == pytest.approx(fps, rel=1e-6)


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_the_result_survives_saving(scene, tmp_path, write):
    import_asset(write(tmp_path / "asset"), scene)
    expected = [evaluated(scene, scene.objects[0], frame) for frame in (1, 7, 12)]
    path = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    for file in (tmp_path / "asset").iterdir():
        file.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    assert [evaluated(scene, scene.objects[0], frame) for frame in (1, 7, 12)] == expected
    assert all(image.packed_file for image in bpy.data.images if image.source == "FILE")


def test_cycles_renders_the_texture_of_the_frame(scene, tmp_path):
    import_asset(write_asset(tmp_path / "asset"), scene)
    cycles.set_up(scene, width=6)
    reds = []
    for frame in (1, 11):
        picture = cycles.render(scene, frame, tmp_path)
        solid = picture[picture[..., 3] == 255]
        assert solid[:, 0].mean() > 2 * solid[:, 1].mean()
        reds.append(solid[:, 0].mean())
    assert reds[1] > 1.6 * reds[0]


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_an_asset_about_a_far_place_stands_there(scene, tmp_path, write):
    host = import_asset(write(tmp_path / "asset", origin=[4500000.5, -5300000, 200.25]), scene).object
    assert tuple(host.location) == (4500000.5, -5300000, 200.25)
    # The mesh itself stays small, where single precision is fine.
    assert np.abs(shown_points(scene, host, 1)).max() < 2


def test_a_wrong_mesh_is_refused_before_anything_is_added(scene, tmp_path):
    folder = write_asset(tmp_path / "asset", 2)
    np.savez(folder / "frame_0002.npz", vertices=OCTAHEDRON * np.nan, triangles=FACES, uv=np.zeros((8, 3, 2), np.float32))
    with pytest.raises(AssetError, match="not finite"):
        import_asset(folder, scene)
    assert not bpy.data.meshes and not bpy.data.materials and not scene.objects
