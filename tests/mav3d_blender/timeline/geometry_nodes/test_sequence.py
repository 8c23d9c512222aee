import bpy
import numpy as np
import pytest

from mav3d_blender.timeline.animation.timing import Timing
from mav3d_blender.timeline.asset_folder.asset import FrameMesh
from mav3d_blender.timeline.geometry_nodes.sequence import MODIFIER_NAME, make_sequence, sequence_of
from mav3d_blender.timeline.meshes import make_mesh
from tests.mav3d_blender.timeline.assets import FACES, OCTAHEDRON, UV, shown_mesh, shown_points


@pytest.fixture
def host(scene) -> bpy.types.Object:
    """Three octahedrons, each larger than the one before, the second without its lower half."""
    meshes = []
    for number in (1, 2, 3):
        faces = slice(0, 4 if number == 2 else 8)
        meshes.append(make_mesh(f"mesh {number}", FrameMesh(number * OCTAHEDRON, FACES[faces], UV[faces])))
        meshes[-1].materials.append(bpy.data.materials.new(f"material {number}"))
    return make_sequence("growing", meshes, scene.collection, Timing(5))


def test_each_frame_shows_its_own_mesh(scene, host):
    for frame, number, faces in ((0, 1, 8), (5, 1, 8), (6, 2, 4), (7, 3, 8), (20, 3, 8)):
        assert len(shown_mesh(scene, host, frame).polygons) == faces
        np.testing.assert_allclose(shown_points(scene, host).max(0)[:2], [number, number], atol=1e-6)


def test_each_frame_has_its_own_material(scene, host):
    for frame, number in ((5, 1), (6, 2), (7, 3)):
        mesh = shown_mesh(scene, host, frame)
        assert {mesh.materials[face.material_index].name for face in mesh.polygons} == {f"material {number}"}


def test_frames_are_objects_of_their_own_that_no_view_shows(scene, host):
    frames = bpy.data.collections["growing frames"]
    assert [item.name for item in frames.objects] == ["growing 0001", "growing 0002", "growing 0003"]
    assert list(scene.objects) == [host] and len(host.data.vertices) == 0
    # They are meshes to edit.
    for vertex in frames.objects[1].data.vertices:
        vertex.co *= 5
    assert shown_points(scene, host, 6).max() == pytest.approx(10)


def test_a_moved_frame_stays_in_its_place(scene, host):
    """Frames are read without their own places."""
    frame = bpy.data.collections["growing frames"].objects[0]
    frame.location = (9, 9, 9)
    np.testing.assert_allclose(shown_points(scene, host, 5).mean(0), 0, atol=1e-6)


def test_a_sequence_is_known_by_what_it_does(scene, host):
    host.modifiers[MODIFIER_NAME].name = "renamed"
    assert sequence_of(host).name == "renamed"
    other = bpy.data.objects.new("other", bpy.data.meshes.new("other"))
    other.modifiers.new(MODIFIER_NAME, "NODES")
    other.modifiers.new(MODIFIER_NAME, "SUBSURF")
    assert sequence_of(other) is None
