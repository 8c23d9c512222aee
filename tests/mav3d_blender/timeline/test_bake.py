"""From shape keys to frames that can be edited alone, and back; and what is said where it can't be done."""

import bpy
import numpy as np
import pytest

from mav3d_blender.timeline import BakeError, bake_to_frames, frames_to_shape_keys, import_asset
from mav3d_blender.timeline.compat import fcurves
from tests.mav3d_blender.timeline.assets import (
    FACES,
    FRAMES,
    UV,
    moving_octahedron,
    shown_materials,
    shown_mesh,
    shown_points,
    write_asset,
    write_fixed_asset,
)

START = 5
EXACT = 1e-6


@pytest.fixture
def host(scene, tmp_path) -> bpy.types.Object:
    return import_asset(write_fixed_asset(tmp_path / "asset"), scene, start=START).object


@pytest.fixture
def textured(scene, tmp_path) -> bpy.types.Object:
    """The same with a texture a frame."""
    return import_asset(write_fixed_asset(tmp_path / "asset", texture="per-frame"), scene, start=START).object


def frames_of(host: bpy.types.Object) -> list[bpy.types.Object]:
    return sorted(bpy.data.collections[f"{host.name} frames"].objects, key=lambda item: item.name)


def test_baked_frames_show_the_same_motion(scene, host):
    baked = bake_to_frames(host, scene)
    assert len(frames_of(baked)) == FRAMES and baked.data.shape_keys is None
    for index, positions in enumerate(moving_octahedron()):
        np.testing.assert_allclose(shown_points(scene, baked, START + index), positions, atol=EXACT)
    mesh = shown_mesh(scene, baked, 9)
    np.testing.assert_array_equal([tuple(face.vertices) for face in mesh.polygons], FACES)
    np.testing.assert_array_equal([item.vector for item in mesh.uv_layers.active.uv], UV.reshape(-1, 2))
    assert all(face.use_smooth for face in mesh.polygons)


def test_one_baked_frame_can_be_edited_alone(scene, host):
    baked = bake_to_frames(host, scene)
    frames_of(baked)[3].data.vertices[4].co.z = 9
    frames_of(baked)[3].data.update()
    assert shown_points(scene, baked, START + 3)[4, 2] == 9
    np.testing.assert_allclose(shown_points(scene, baked, START + 4), moving_octahedron()[4], atol=EXACT)


def test_each_baked_frame_has_its_own_texture_and_no_other(scene, textured):
    baked = bake_to_frames(textured, scene)
    for index, frame in enumerate(frames_of(baked)):
        name = f"an octahedron growing {index + 1:04d}"
        assert shown_materials(scene, baked, START + index) == {name}
        assert [material.name for material in frame.data.materials] == [name]


def test_the_old_object_is_kept_and_hidden_and_nothing_else_moves(scene, host):
    scene.frame_set(7, subframe=0.5)
    before = shown_points(scene, host)
    baked = bake_to_frames(host, scene)
    assert (scene.frame_current, scene.frame_subframe) == (7, 0.5)
    assert host.hide_viewport and host.hide_render and not (baked.hide_viewport or baked.hide_render)
    assert list(baked.users_collection) == list(host.users_collection)
    host.hide_viewport = False
    np.testing.assert_array_equal(shown_points(scene, host), before)


@pytest.mark.parametrize("texture", ["one", "per-frame"])
def test_the_place_and_animation_of_the_object_go_along(scene, tmp_path, texture):
    host = import_asset(write_fixed_asset(tmp_path / "asset", texture=texture), scene, start=START).object
    parent = bpy.data.objects.new("parent", None)
    scene.collection.objects.link(parent)
    parent.location.z = 3
    host.parent = parent
    for frame, x in ((1, 0.0), (21, 2.0)):
        host.location.x = x
        host.keyframe_insert("location", index=0, frame=frame)
    paths = sorted(curve.data_path for curve in fcurves(host))
    scene.frame_set(9)
    expected, materials = host.matrix_world.copy(), shown_materials(scene, host, 9)
    baked = bake_to_frames(host, scene)
    keyed = frames_to_shape_keys(baked, scene)
    baked.hide_viewport = host.hide_viewport = False
    assert expected.translation.x > 0.1 and expected.translation.z == 3
    for item in (host, baked, keyed):
        np.testing.assert_allclose(shown_points(scene, item, 9), moving_octahedron()[4], atol=EXACT)
        assert item.matrix_world == expected
        assert shown_materials(scene, item, 9) == materials
    assert sorted(curve.data_path for curve in fcurves(host)) == paths
    assert sorted(curve.data_path for curve in fcurves(keyed)) == paths


def test_modifiers_are_baked_in(scene, host):
    host.modifiers.new("Subdivision", "SUBSURF").levels = 1
    expected = shown_points(scene, host, 8)
    baked = bake_to_frames(host, scene)
    assert len(expected) > 6 and len(baked.modifiers) == 1
    np.testing.assert_array_equal(shown_points(scene, baked, 8), expected)


def test_there_and_back_is_the_same(scene, textured):
    names = [key.name for key in textured.data.shape_keys.key_blocks]
    keyed = frames_to_shape_keys(bake_to_frames(textured, scene), scene)
    assert [key.name for key in keyed.data.shape_keys.key_blocks] == names
    for index, positions in enumerate(moving_octahedron()):
        np.testing.assert_allclose(shown_points(scene, keyed, START + index), positions, atol=EXACT)
        assert shown_materials(scene, keyed, START + index) == {f"an octahedron growing {index + 1:04d}"}
    between = shown_points(scene, keyed, START + 2.5)
    np.testing.assert_allclose(between, moving_octahedron()[2:4].mean(0), atol=EXACT)
    mesh = shown_mesh(scene, keyed, 9)
    np.testing.assert_array_equal([tuple(face.vertices) for face in mesh.polygons], FACES)
    np.testing.assert_array_equal([item.vector for item in mesh.uv_layers.active.uv], UV.reshape(-1, 2))


def test_edited_frames_come_back_as_they_are(scene, host):
    baked = bake_to_frames(host, scene)
    frames_of(baked)[3].data.vertices[4].co.z = 9
    frames_of(baked)[3].data.update()
    keyed = frames_to_shape_keys(baked, scene)
    expected = moving_octahedron()
    expected[3, 4, 2] = 9
    for index in range(FRAMES):
        np.testing.assert_allclose(shown_points(scene, keyed, START + index), expected[index], atol=EXACT)


def test_retimed_frames_are_keyed_where_they_show(scene, host):
    baked = bake_to_frames(host, scene)
    (curve,) = fcurves(baked)
    for point in curve.keyframe_points:
        point.co.x = START + 2 * (point.co.x - START)
    curve.update()
    keyed = frames_to_shape_keys(baked, scene)
    assert len(keyed.data.shape_keys.key_blocks) == 1 + 2 * FRAMES - 1
    for index in (0, 5, 11):
        np.testing.assert_allclose(shown_points(scene, keyed, START + 2 * index), moving_octahedron()[index], atol=EXACT)


def test_the_scene_that_is_given_is_the_one_that_counts(scene, tmp_path):
    other = bpy.data.scenes.new("other")
    host = import_asset(write_fixed_asset(tmp_path / "asset"), other, start=START).object
    before = scene.frame_current
    keyed = frames_to_shape_keys(bake_to_frames(host, other), other)
    assert scene.frame_current == before
    for index, positions in enumerate(moving_octahedron(), 1):
        points = [point.co for point in keyed.data.shape_keys.key_blocks[index].points]
        np.testing.assert_allclose(points, positions, atol=EXACT)


def test_a_range_can_be_named(scene, host):
    baked = bake_to_frames(host, scene, first=7, last=9)
    assert len(frames_of(baked)) == 3
    np.testing.assert_allclose(shown_points(scene, baked, 1), moving_octahedron()[2], atol=EXACT)
    np.testing.assert_allclose(shown_points(scene, baked, 20), moving_octahedron()[4], atol=EXACT)


def counts() -> list[int]:
    kinds = ("objects", "meshes", "collections", "node_groups", "actions", "shape_keys")
    return [len(getattr(bpy.data, kind)) for kind in kinds]


def refused(scene: bpy.types.Scene, bake, host: bpy.types.Object, said: str, **options) -> None:
    """It says so in one sentence and leaves everything as it was."""
    scene.frame_set(3)
    before = counts()
    with pytest.raises(BakeError, match=said) as error:
        bake(host, scene, **options)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    assert counts() == before and scene.frame_current == 3
    assert not (host.hide_viewport or host.hide_render)


def test_frames_that_differ_are_refused(scene, tmp_path):
    host = import_asset(write_asset(tmp_path / "asset"), scene, start=START).object
    refused(scene, frames_to_shape_keys, host, "frame 6 differs from frame 5")


def test_a_frame_with_a_vertex_more_is_refused(scene, host):
    baked = bake_to_frames(host, scene)
    frames_of(baked)[2].data.vertices.add(1)
    refused(scene, frames_to_shape_keys, baked, "frame 7 has 7 vertices and frame 5 has 6")


def test_a_frame_with_other_uvs_is_refused(scene, host):
    baked = bake_to_frames(host, scene)
    # Written through the attribute: up to 5.0, uv_layers would write into what frames share in memory.
    frames_of(baked)[2].data.attributes["UVMap"].data[0].vector = (0.5, 0.5)
    frames_of(baked)[2].data.update()
    refused(scene, frames_to_shape_keys, baked, "same UVs in every frame: frame 7")


def test_a_frame_with_materials_of_its_own_is_refused(scene, host):
    baked = bake_to_frames(host, scene)
    mesh = frames_of(baked)[2].data
    mesh.materials.append(bpy.data.materials.new("gold"))
    mesh.polygons[0].material_index = 1
    refused(scene, frames_to_shape_keys, baked, "frame 7 has others")


def test_an_object_of_the_other_kind_is_refused(scene, host):
    refused(scene, frames_to_shape_keys, host, "no sequence of frames")
    baked = bake_to_frames(host, scene)
    refused(scene, bake_to_frames, baked, "no keyed shape keys")
    empty = bpy.data.objects.new("empty", None)
    scene.collection.objects.link(empty)
    refused(scene, bake_to_frames, empty, "visible mesh object", first=1, last=2)
    refused(scene, bake_to_frames, baked, "from 1 to 2000 frames", first=2, last=1)
    baked.hide_set(True)
    refused(scene, bake_to_frames, baked, "visible mesh object", first=1, last=2)


def test_an_error_in_the_middle_leaves_nothing_behind(scene, host):
    baked = bake_to_frames(host, scene)
    frames_of(baked)[4].data.clear_geometry()
    refused(scene, frames_to_shape_keys, baked, "shows nothing at frame 9")
