import numpy as np

from mav3d_blender.timeline.asset_folder.asset import FrameMesh, Polygons
from mav3d_blender.timeline.meshes import UV_NAME, make_mesh
from tests.mav3d_blender.timeline.assets import FACES, OCTAHEDRON, UV


def test_a_mesh_has_what_the_arrays_say(scene):
    mesh = make_mesh("octahedron", FrameMesh(OCTAHEDRON, FACES, UV))
    assert mesh.name == "octahedron" and (len(mesh.vertices), len(mesh.edges), len(mesh.polygons)) == (6, 12, 8)
    assert [tuple(face.vertices) for face in mesh.polygons] == [tuple(face) for face in FACES.tolist()]
    np.testing.assert_array_equal([vertex.co for vertex in mesh.vertices], OCTAHEDRON)
    layer = mesh.uv_layers[UV_NAME]
    np.testing.assert_allclose([item.vector for item in layer.uv], UV.reshape(-1, 2), atol=1e-7)


def test_faces_are_smooth_and_look_outwards(scene):
    mesh = make_mesh("octahedron", FrameMesh(OCTAHEDRON, FACES, UV))
    assert all(face.use_smooth for face in mesh.polygons)
    assert all(face.normal.dot(face.center) > 0.5 for face in mesh.polygons)


def test_a_face_that_can_not_be_is_left_out(scene):
    broken = np.concatenate([FACES, np.array([[0, 0, 1]], np.int32)])
    mesh = make_mesh("octahedron", FrameMesh(OCTAHEDRON, broken, np.concatenate([UV, UV[:1]])))
    assert len(mesh.polygons) == 8


def test_faces_that_are_no_triangles_stay_as_they_are(scene):
    corners, counts = np.array([0, 2, 1, 3, 0, 2, 4], np.int32), np.array([4, 3], np.int32)
    uv = np.linspace(0, 1, 14, dtype=np.float32).reshape(7, 2)
    mesh = make_mesh("kite", FrameMesh(OCTAHEDRON, FACES, UV, Polygons(corners, counts, uv)))
    assert [tuple(face.vertices) for face in mesh.polygons] == [(0, 2, 1, 3), (0, 2, 4)]
    np.testing.assert_allclose([item.vector for item in mesh.uv_layers[UV_NAME].uv], uv, atol=1e-7)
