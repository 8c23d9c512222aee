"""Shape keys against the positions they were made from."""

import bpy
import numpy as np
import pytest

from mav3d_blender.timeline.animation.timing import Timing
from mav3d_blender.timeline.asset_folder.asset import MovingMesh
from mav3d_blender.timeline.geometry_nodes.material_frames import add_material_frames
from mav3d_blender.timeline.shape_keys import make_shape_keys
from tests.mav3d_blender.timeline import cycles
from tests.mav3d_blender.timeline.assets import FACES, FRAMES, UV, moving_octahedron, shown_mesh, shown_points

# Blender adds the keys' differences to the Basis in single precision.
EXACT = 1e-6


@pytest.fixture
def host(scene) -> bpy.types.Object:
    return make_shape_keys("octahedron", MovingMesh(moving_octahedron(), FACES, UV), scene.collection, Timing(5))


def test_every_frame_shows_its_positions(scene, host):
    for index, positions in enumerate(moving_octahedron()):
        np.testing.assert_allclose(shown_points(scene, host, 5 + index), positions, atol=EXACT)


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
def test_between_frames_the_mixture_is_linear(scene, host, part):
    positions = moving_octahedron()
    for index in (0, 4, FRAMES - 2):
        expected = (1 - part) * positions[index] + part * positions[index + 1]
        np.testing.assert_allclose(shown_points(scene, host, 5 + index + part), expected, atol=EXACT)


def test_the_ends_are_held(scene, host):
    for frame in (-20, 4, 4.5):
        np.testing.assert_allclose(shown_points(scene, host, frame), moving_octahedron()[0], atol=EXACT)
    for frame in (16.5, 17, 300):
        np.testing.assert_allclose(shown_points(scene, host, frame), moving_octahedron()[-1], atol=EXACT)


def test_keys_are_relative_to_a_basis_in_the_first_shape(scene, host):
    keys = host.data.shape_keys
    assert keys.use_relative
    names = [key.name for key in keys.key_blocks]
    assert names == ["Basis", *(f"Frame {number:04d}" for number in range(1, FRAMES + 1))]
    scene.frame_set(9)
    for key, positions in zip(keys.key_blocks, [moving_octahedron()[0], *moving_octahedron()], strict=True):
        np.testing.assert_array_equal([point.co for point in key.points], positions)
        assert key.relative_key == keys.reference_key
    keys.animation_data_clear()
    for key in keys.key_blocks[1:]:
        key.value = 0
    np.testing.assert_array_equal(shown_points(scene, host, 9), moving_octahedron()[0])


def test_two_frames_are_enough(scene):
    host = make_shape_keys("pair", MovingMesh(moving_octahedron(2), FACES, UV), scene.collection, Timing())
    np.testing.assert_allclose(shown_points(scene, host, 1.5), moving_octahedron(2).mean(0), atol=EXACT)


def test_faces_and_uvs_are_those_given_and_normals_follow_the_shape(scene, host):
    mesh = shown_mesh(scene, host, 12)
    np.testing.assert_array_equal([tuple(face.vertices) for face in mesh.polygons], FACES)
    np.testing.assert_array_equal([item.vector for item in mesh.uv_layers.active.uv], UV.reshape(-1, 2))
    # Around each of the octahedron's corners the faces are alike: smooth normals point away from its middle.
    assert all(face.use_smooth for face in mesh.polygons)
    outward = moving_octahedron()[7] - moving_octahedron()[7].mean(0)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    normals = np.array([normal.vector for normal in mesh.corner_normals])
    np.testing.assert_allclose(normals, outward[FACES.ravel()], atol=1e-4)


def test_one_frame_can_be_edited_alone(scene, host):
    moved = moving_octahedron()[3] + np.float32([0, 0, 1])
    host.data.shape_keys.key_blocks["Frame 0004"].points.foreach_set("co", moved.ravel())
    host.data.update()
    np.testing.assert_allclose(shown_points(scene, host, 8), moved, atol=EXACT)
    np.testing.assert_allclose(shown_points(scene, host, 9), moving_octahedron()[4], atol=EXACT)


@pytest.mark.parametrize("materials", [1, 3])
def test_cycles_blurs_the_motion(scene, tmp_path, materials):
    """A square that slides by its own width a frame, open shutter: its cover is a triangle, 1 in the middle, 2 widths wide."""
    square = np.float32([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]])
    positions = square + np.float32([[-1], [0], [1]])[..., None] * np.float32([1, 0, 0])
    faces = np.int32([[0, 1, 2], [0, 2, 3]])
    host = make_shape_keys("square", MovingMesh(positions, faces, np.zeros((2, 3, 2), np.float32)), scene.collection, Timing())
    if materials > 1:
        add_material_frames(host, [bpy.data.materials.new("grey") for _ in range(materials)], Timing())
    cycles.set_up(scene, width=3, pixels=30, samples=128)
    at = (np.arange(30) + 0.5) / 10 - 1.5
    still = cycles.render(scene, 2, tmp_path)[15, :, 3] / 255
    np.testing.assert_allclose(still, np.abs(at) < 0.5, atol=0.1)
    scene.render.use_motion_blur, scene.render.motion_blur_shutter = True, 1.0
    blurred = cycles.render(scene, 2, tmp_path)[10:20, :, 3].mean(0) / 255
    np.testing.assert_allclose(blurred, np.clip(1 - np.abs(at), 0, 1), atol=0.06)


def test_a_loop_runs_on_into_its_first_frame_for_ever(scene):
    positions = moving_octahedron(4)
    host = make_shape_keys("loop", MovingMesh(positions, FACES, UV), scene.collection, Timing(5, 2.0, "LOOP"))
    for index in range(-4, 13):
        np.testing.assert_allclose(shown_points(scene, host, 5 + 2 * index), positions[index % 4], atol=EXACT)
    # Half way from the last frame to the first.
    np.testing.assert_allclose(shown_points(scene, host, 12), (positions[3] + positions[0]) / 2, atol=EXACT)


def test_ping_pong_turns_round_at_both_ends(scene):
    positions = moving_octahedron(3)
    host = make_shape_keys("to and fro", MovingMesh(positions, FACES, UV), scene.collection, Timing(1, 1, "PING_PONG"))
    shown = [shown_points(scene, host, frame) for frame in range(-1, 8)]
    for points, index in zip(shown, [2, 1, 0, 1, 2, 1, 0, 1, 2], strict=True):
        np.testing.assert_allclose(points, positions[index], atol=EXACT)
