"""The mesh of a job: read as it is, kept in one file, and refused in a sentence."""

import numpy as np
import pytest

from engine.contract.errors import DamagedError
from engine.mesh.files.frame import MeshError
from engine.reference.given.mesh import ReferenceMesh, read_given_mesh
from tests.engine.reference.given.shapes import box, box_dog, figure, write_obj


@pytest.fixture
def mesh(tmp_path) -> ReferenceMesh:
    write_obj(tmp_path / "figure.obj", figure())
    return read_given_mesh(tmp_path / "figure.obj")


def test_vertices_and_faces_keep_their_order(mesh):
    vertices, faces = figure()
    np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-8)
    assert mesh.faces.counts.tolist() == [len(face) for face in faces]
    assert mesh.faces.corners.tolist() == [corner for face in faces for corner in face]
    assert len(mesh.triangles) == 2 * len(faces) and mesh.paint is None


def test_a_job_keeps_all_of_it_in_a_file_that_is_checked(mesh, tmp_path):
    mesh.save(tmp_path / "kept.npz")
    again = ReferenceMesh.load(tmp_path / "kept.npz", mesh.sha256)
    assert np.array_equal(again.vertices, mesh.vertices) and np.array_equal(again.faces.corners, mesh.faces.corners)
    with pytest.raises(DamagedError, match="not the mesh that the job began with"):
        ReferenceMesh.load(tmp_path / "kept.npz", "0" * 64)
    with pytest.raises(DamagedError, match="is missing: put it back"):
        ReferenceMesh.load(tmp_path / "gone.npz", mesh.sha256)


def test_colours_are_kept_as_well(tmp_path):
    path = tmp_path / "red.ply"
    properties = [f"property float {axis}" for axis in "xyz"] + [f"property uchar {name}" for name in ("red", "green", "blue")]
    faces = ["element face 1", "property list uchar int vertex_indices", "end_header"]
    body = ["0 0 0 255 0 0", "1 0 0 255 0 0", "0 1 0 0 0 255", "3 0 1 2", ""]
    path.write_text("\n".join(["ply", "format ascii 1.0", "element vertex 3", *properties, *faces, *body]))
    mesh = read_given_mesh(path)
    mesh.save(tmp_path / "kept.npz")
    again = ReferenceMesh.load(tmp_path / "kept.npz", mesh.sha256)
    np.testing.assert_allclose(again.paint.tint[0], [[1, 0, 0], [1, 0, 0], [0, 0, 1]], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("v 0 0 0\nv 1 0 0\nv 0 1 0\n", "3 points and no faces"),
        ("v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "not finite, in 1 of 3 vertices"),
        ("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "is a single point"),
    ],
)
def test_what_is_no_surface_is_refused(tmp_path, text, sentence):
    path = tmp_path / "bad.obj"
    path.write_text(text)
    with pytest.raises(MeshError, match=sentence):
        read_given_mesh(path)


def test_a_sequence_and_what_is_no_mesh_are_refused(tmp_path):
    for name in ("a_1.obj", "a_2.obj"):
        write_obj(tmp_path / name, box((0, 0, 0), (1, 1, 1)))
    for path, sentence in (
        (tmp_path, "is a folder: give one mesh file"),
        (tmp_path / "a_*.obj", "names several files"),
        (tmp_path / "dog.txt", "is no mesh file known here"),
        (tmp_path / "dog.obj", "There is no mesh"),
    ):
        with pytest.raises(MeshError, match=sentence):
            read_given_mesh(path)


def test_shells_that_touch_stay_apart(tmp_path):
    write_obj(tmp_path / "dog.obj", box_dog())
    assert len(read_given_mesh(tmp_path / "dog.obj").vertices) == len(box_dog()[0])
