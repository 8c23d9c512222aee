from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.mesh.read import MeshError, find_meshes, read_sequence


def tetrahedron(shift: float = 0.0, scale: float = 1.0, **options) -> trimesh.Trimesh:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3.0]]) * scale + [shift, 0, 0]
    return trimesh.Trimesh(vertices, [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], process=False, **options)


def write(folder: Path, *meshes: trimesh.Trimesh, ending: str = "obj") -> list[Path]:
    paths = [folder / f"frame_{number}.{ending}" for number in range(1, len(meshes) + 1)]
    for mesh, path in zip(meshes, paths, strict=True):
        mesh.export(path)
    return paths


@pytest.mark.parametrize("ending", ["obj", "ply", "glb"])
def test_what_was_written_is_read(tmp_path, ending):
    colours = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]]
    frames = read_sequence(write(tmp_path, *[tetrahedron(s, vertex_colors=colours) for s in (0.0, 0.5)], ending=ending))
    # glTF has Y up: what it calls Y is Z here, and its Z comes towards the viewer, -Y.
    top = [0.5, -3, 0] if ending == "glb" else [0.5, 0, 3]
    found = np.abs(frames[1].vertices - top).sum(1)
    assert found.min() < 1e-6 and len(frames[1].vertices) == 4 and len(frames[1].triangles) == 4
    assert frames[1].colours[found.argmin()] == pytest.approx([1, 1, 1]) and frames[0].note == ""


def test_vertices_in_one_place_become_one(tmp_path):
    loose = tetrahedron()
    loose = trimesh.Trimesh(loose.vertices[loose.faces].reshape(-1, 3), np.arange(12).reshape(-1, 3), process=False)
    frames = read_sequence(write(tmp_path, loose, loose))
    assert len(frames[0].vertices) == 4 and frames[0].note == ""


def test_a_folder_is_read_by_number(tmp_path):
    for number in (10, 2, 1):
        tetrahedron().export(tmp_path / f"frame_{number}.obj")
    (tmp_path / "notes.txt").write_text("not a mesh")
    assert [path.name for path in find_meshes([tmp_path])] == ["frame_1.obj", "frame_2.obj", "frame_10.obj"]


def test_what_is_not_closed_is_noted_and_followed(tmp_path):
    flap = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]], [[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    frames = read_sequence(write(tmp_path, flap, flap))
    assert frames[0].note == "1 edges have more than two triangles"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Frame 2 .*(empty|can't be read)"),
        ("v 0 0 0\nv 1 0 0\n", "Frame 2 .*(empty|can't be read)"),
        ("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "Frame 2 .*not finite, in 1 of 3"),
        ("v 0 0 0\nv 100 0 0\nv 0 200 0\nv 0 0 300\nf 1 2 3\nf 1 2 4\n", "Frame 2 .*100 times as large"),
        ("v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n", "Frame 2 .*single point"),
    ],
)
def test_a_bad_frame_is_named_in_one_sentence(tmp_path, content, said):
    paths = write(tmp_path, tetrahedron(), tetrahedron())
    paths[1].write_text(content)
    with pytest.raises(MeshError, match=said) as caught:
        read_sequence(paths)
    assert "\n" not in str(caught.value)


def test_what_is_no_sequence_is_refused(tmp_path):
    paths = write(tmp_path, tetrahedron())
    with pytest.raises(MeshError, match="at least two"):
        find_meshes(paths)
    with pytest.raises(MeshError, match="missing"):
        find_meshes([*paths, tmp_path / "frame_2.obj"])
    with pytest.raises(MeshError, match="no mesh file"):
        find_meshes([*paths, Path(__file__)])
    (tmp_path / "nothing").mkdir()
    with pytest.raises(MeshError, match="no mesh in the folder"):
        find_meshes([tmp_path / "nothing"])


def test_one_frame_without_colours_takes_them_from_all(tmp_path):
    red = tetrahedron(vertex_colors=np.tile([255, 0, 0, 255], (4, 1)).astype(np.uint8))
    frames = read_sequence(write(tmp_path, red, tetrahedron(), ending="ply"))
    assert [frame.colours for frame in frames] == [None, None]


def test_an_open_mesh_is_noted(tmp_path):
    cut = trimesh.Trimesh(tetrahedron().vertices, tetrahedron().faces[1:], process=False)
    assert read_sequence(write(tmp_path, cut, cut))[0].note == "3 edges are open"


@pytest.mark.parametrize("ending", ["ply", "glb"])
def test_a_file_cut_short_is_one_sentence(tmp_path, ending):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending=ending)
    paths[0].write_bytes(paths[0].read_bytes()[:-20])
    with pytest.raises(MeshError, match="Frame 1 .*save it again") as caught:
        read_sequence(paths)
    assert "\n" not in str(caught.value)


def test_faces_with_no_vertices_are_one_sentence(tmp_path):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending="off")
    paths[1].write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n")
    with pytest.raises(MeshError, match="Frame 2 "):
        read_sequence(paths)


def test_a_textures_colours_are_read_at_the_vertices(tmp_path):
    paths = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        picture = np.zeros((2, 2, 3), np.uint8)
        picture[:, 0], picture[:, 1] = [255, 0, 0], [0, 0, 255]
        material = trimesh.visual.material.SimpleMaterial(image=Image.fromarray(picture))
        uv = np.array([[0.1, 0.5], [0.9, 0.5], [0.1, 0.1], [0.9, 0.9]])
        visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
        paths.append(folder / "frame.obj")
        tetrahedron(visual=visual).export(paths[-1])
    frame = read_sequence(paths)[0]
    for corner, colour in (([1, 0, 0], [0, 0, 1]), ([0, 2, 0], [1, 0, 0])):
        place = np.abs(frame.vertices - corner).sum(1).argmin()
        assert frame.colours[place] == pytest.approx(colour)
