import numpy as np
import pytest

from mav3d_blender.viewport.overlay import read_preview, shade, shaded_preview, standing


def test_a_preview_mesh_is_checked_before_it_is_drawn(tmp_path):
    path = tmp_path / "mesh.npz"
    vertices, triangles = np.eye(3, dtype=np.float32), np.int32([[0, 1, 2]])
    np.savez(path, vertices=vertices, triangles=triangles, colours=np.full((3, 3), 255, np.uint8))
    assert read_preview(path)[2] == pytest.approx(1) and shaded_preview(path)[2].shape == (3, 4)
    for wrong in ({"triangles": triangles + 1}, {"vertices": vertices * np.nan}, {"colours": np.zeros((2, 3), np.uint8)}):
        np.savez(path, **({"vertices": vertices, "triangles": triangles, "colours": np.zeros((3, 3), np.uint8)} | wrong))
        assert read_preview(path) is None and shaded_preview(path) is None
    path.write_bytes(b"half a file")
    assert read_preview(path) is None and read_preview(tmp_path / "none.npz") is None


def test_a_preview_stands_in_the_size_of_the_result(tmp_path):
    path = tmp_path / "mesh.npz"
    vertices = np.float32([[0, 0, -1], [1, 0, -1], [0, 4, 3]])
    np.savez(path, vertices=vertices, triangles=np.int32([[0, 1, 2]]), colours=np.zeros((3, 3), np.uint8))
    shown = shaded_preview(path, 2.0)[0]
    assert shown.min(0) == pytest.approx([-0.25, -1, 0]) and shown.max(0) == pytest.approx([0.25, 1, 2])
    assert np.ptp(standing(vertices, 0.0), axis=0) == pytest.approx([1, 4, 4])
    assert (shaded_preview(path)[0] == vertices).all()


def test_what_faces_the_light_is_brighter():
    square = np.float32([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]])
    front = shade(square, np.int32([[0, 1, 2], [0, 2, 3]]), np.ones((4, 3), np.float32))
    back = shade(square, np.int32([[0, 2, 1], [0, 3, 2]]), np.ones((4, 3), np.float32))
    assert (front[:, 0] > back[:, 0]).all() and back[:, 0] == pytest.approx(0.45) and (front[:, 3] == 1).all()
