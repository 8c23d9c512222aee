"""Mesh files as a sequence: what is read, what is said, what is refused."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.mesh.files.frame import MeshError
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence

EMPTY = "# nothing yet\n"


def tetrahedron(shift: float = 0.0, scale: float = 1.0, **options) -> trimesh.Trimesh:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3.0]]) * scale + [shift, 0, 0]
    return trimesh.Trimesh(vertices, [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], process=False, **options)


def write(folder: Path, *meshes: trimesh.Trimesh, ending: str = "obj") -> list[Path]:
    paths = [folder / f"frame_{number}.{ending}" for number in range(1, len(meshes) + 1)]
    for mesh, path in zip(meshes, paths, strict=True):
        mesh.export(path)
    return paths


@pytest.mark.parametrize("ending", ["obj", "ply", "glb", "stl", "off"])
def test_what_was_written_is_read(tmp_path, ending):
    colours = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]]
    frames = read_sequence(write(tmp_path, *[tetrahedron(s, vertex_colors=colours) for s in (0.0, 0.5)], ending=ending)).frames
    # glTF has Y up: what it calls Y is Z here, and its Z comes towards the viewer, -Y.
    top = [0.5, -3, 0] if ending == "glb" else [0.5, 0, 3]
    found = np.abs(frames[1].vertices - top).sum(1)
    assert found.min() < 1e-6 and len(frames[1].vertices) == 4 and len(frames[1].triangles) == 4 and frames[0].note == ""
    if ending not in ("stl", "off"):
        assert frames[1].colours[found.argmin()] == pytest.approx([1, 1, 1])


def test_vertices_in_one_place_become_one(tmp_path):
    loose = tetrahedron()
    loose = trimesh.Trimesh(loose.vertices[loose.faces].reshape(-1, 3), np.arange(12).reshape(-1, 3), process=False)
    frames = read_sequence(write(tmp_path, loose, loose)).frames
    assert len(frames[0].vertices) == 4 and frames[0].note == ""


def test_neither_size_nor_place_changes_what_is_one_place(tmp_path):
    for scale, shift in ((1e-6, 0.0), (1e6, 0.0), (1.0, 5e6)):
        lines = [f"v {x:.9f} {y:.9f} {z:.9f}" for x, y, z in tetrahedron(shift, scale).vertices]
        lines += ["f 1 3 2", "f 1 2 4", "f 2 3 4", "f 3 1 4"]
        for number in (1, 2):
            (tmp_path / f"f_{number}.obj").write_text("\n".join(lines))
        frame = read_sequence([tmp_path]).frames[0]
        assert len(frame.vertices) == 4 and frame.size == pytest.approx(scale * 14**0.5, rel=1e-3)


def test_what_is_not_closed_is_noted_and_followed(tmp_path):
    flap = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]], [[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    frames = read_sequence(write(tmp_path, flap, flap), share=False).frames
    assert frames[0].note == "1 edges have more than two triangles"


def test_an_open_mesh_is_noted(tmp_path):
    cut = trimesh.Trimesh(tetrahedron().vertices, tetrahedron().faces[1:], process=False)
    assert read_sequence(write(tmp_path, cut, cut), share=False).frames[0].note == "3 edges are open"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Frame 2 .*empty: the file has no content"),
        (EMPTY, "Frame 2 .*empty: it has no triangles; empty frames can be skipped or held"),
        ("v 0 0 0\nv 1 0 0\n", "Frame 2 .*empty: it has 2 points and no triangle"),
        ("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "Frame 2 .*not finite, in 1 of 3"),
        ("v 0 0 0\nv 100 0 0\nv 0 200 0\nv 0 0 300\nf 1 2 3\nf 1 2 4\n", "Frame 2 .*100 times as large"),
        ("v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3\n", "Frame 2 .*single point"),
        ("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 1\n", "Frame 2 .*no triangle with an area"),
        ("v 0 0 0\nv 1e31 0 0\nv 0 1e31 0\nf 1 2 3\n", "Frame 2 .*scale the sequence to meters"),
        ("v 0 0 0\nv 1e200 0 0\nv 0 1e200 0\nf 1 2 3\n", "Frame 2 .*more than 1e.308 across.*scale the sequence to meters"),
    ],
)
def test_a_bad_frame_is_named_in_one_sentence(tmp_path, content, said):
    paths = write(tmp_path, tetrahedron(), tetrahedron())
    paths[1].write_text(content)
    with pytest.raises(MeshError, match=said) as caught:
        read_sequence(paths)
    assert "\n" not in str(caught.value)


def test_what_no_triangle_uses_does_not_count(tmp_path):
    paths = write(tmp_path, tetrahedron(), tetrahedron())
    for path in paths:
        path.write_text(path.read_text() + "\nv nan nan nan\nv 1e9 0 0\n")
    assert read_sequence(paths).frames[0].size == pytest.approx(14**0.5)


def test_empty_frames_are_skipped_or_held(tmp_path):
    paths = write(tmp_path, *[tetrahedron(0.1 * frame) for frame in range(5)])
    for empty in (paths[0], paths[2]):
        empty.write_text(EMPTY)
    positions = np.array([1.0, 3.0, 4.0]).reshape(3, 1, 1)
    skipped = read_sequence(paths, empty="skip")
    assert skipped.timing.numbers == [2, 3, 4, 5] and "Number 3 is missing" in skipped.notes[0]
    assert skipped.notes[1] == "Empty, and skipped: Frames 1 (frame_1.obj) and 3 (frame_3.obj)."
    assert skipped.fill(positions).ravel().tolist() == [1, 2, 3, 4]
    held = read_sequence(paths, empty="hold")
    assert held.timing.numbers == [1, 2, 3, 4, 5] and held.notes == [
        "Empty, and held: Frames 1 (frame_1.obj) and 3 (frame_3.obj)."
    ]
    assert held.fill(positions).ravel().tolist() == [1, 1, 1, 3, 4]
    paths[3].write_text(EMPTY)
    paths[4].write_text(EMPTY)
    with pytest.raises(MeshError, match="Of 5 frames one has a mesh"):
        read_sequence(paths, empty="skip")


def test_an_empty_last_frame_is_held_too(tmp_path):
    paths = write(tmp_path, *[tetrahedron(0.1 * frame) for frame in range(3)])
    paths[2].write_text(EMPTY)
    held = read_sequence(paths, empty="hold")
    assert held.clip_frames == 3 and held.fill(np.array([5.0, 6.0])[:, None, None]).ravel().tolist() == [5, 6, 6]


@pytest.mark.parametrize(
    ("gaps", "filled"), [("interpolate", [0, 1, 2, 3, 4]), ("hold", [0, 1, 1, 1, 4]), ("close", [0, 1, 4])]
)
def test_gaps_are_filled_as_asked(tmp_path, gaps, filled):
    for number in (1, 2, 5):
        tetrahedron(0.1 * number).export(tmp_path / f"f_{number}.obj")
    sequence = read_sequence([tmp_path], gaps=gaps)
    assert sequence.fill(np.array([0.0, 1.0, 4.0])[:, None, None]).ravel().tolist() == filled
    assert sequence.timing.numbers[-1] == Fraction(5) and len(sequence.notes) == 1


def test_what_is_no_sequence_is_refused(tmp_path):
    paths = write(tmp_path, tetrahedron())
    with pytest.raises(MeshError, match="frame_1.obj stands alone and can't move"):
        read_sequence(paths)
    with pytest.raises(MeshError, match="missing"):
        read_sequence([*paths, tmp_path / "frame_2.obj"])
    with pytest.raises(MeshError, match="no mesh file"):
        read_sequence([*paths, Path(__file__)])
    with pytest.raises(MeshError, match="several: give that file alone"):
        read_sequence([*paths, *paths], animation="walk")


def test_frames_without_colours_are_named(tmp_path):
    red = tetrahedron(vertex_colors=np.tile([255, 0, 0, 255], (4, 1)).astype(np.uint8))
    sequence = read_sequence(write(tmp_path, red, tetrahedron(), red, ending="ply"))
    assert [frame.paint is None for frame in sequence.frames] == [False, True, False]
    assert sequence.notes == ["Frame 2 (frame_2.ply): no colors, those of the other frames are used."]


def test_what_many_frames_lack_is_one_line(tmp_path):
    for number in range(1, 7):
        text = f"mtllib f_{number}.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 {number / 10}\nusemtl a\nf 1 2 3\n"
        (tmp_path / f"f_{number}.obj").write_text(text)
    assert read_sequence([tmp_path]).notes == [
        "Frames 1 (f_1.obj), 2 (f_2.obj), 3 (f_3.obj) and 3 more: the material file f_1.mtl is missing, and its colors with "
        "it (and others like it)."
    ]


@pytest.mark.parametrize("ending", ["ply", "glb", "stl"])
def test_a_file_cut_short_is_one_sentence(tmp_path, ending):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending=ending)
    paths[0].write_bytes(paths[0].read_bytes()[:-20])
    with pytest.raises(MeshError, match="Frame 1 .*export it anew") as caught:
        read_sequence(paths)
    assert "\n" not in str(caught.value)


def test_faces_with_no_vertices_are_one_sentence(tmp_path):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending="off")
    paths[1].write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n")
    with pytest.raises(MeshError, match="Frame 2 "):
        read_sequence(paths)


@pytest.mark.parametrize(
    ("text", "said"), [("OFF BINARY\n", "is a binary OFF"), ("OFF\nthree 1 0\n", "numbers are missing or are none")]
)
def test_an_off_that_is_no_text_or_no_numbers_is_one_sentence(tmp_path, text, said):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending="off")
    paths[1].write_text(text + "0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    with pytest.raises(MeshError, match=rf"^Frame 2 \(.*{said}"):
        read_sequence(paths)


@pytest.mark.parametrize(
    ("ending", "change", "lost"),
    [
        ("off", lambda content: content, False),
        ("off", lambda content: content.replace(b"OFF", b"COFF").replace(b"\n3 ", b"\n3 "), True),
        ("off", lambda content: content.rstrip() + b" 255 0 0\n", True),
        ("stl", lambda content: content, False),
        ("stl", lambda content: content[:-2] + b"\x1f\xfc", True),
        ("stl", lambda content: b"COLOR=\xff\0\0\xff".ljust(80) + content[80:], True),
    ],
)
def test_colors_that_are_not_read_are_said_to_be_lost(tmp_path, ending, change, lost):
    paths = write(tmp_path, tetrahedron(), tetrahedron(), ending=ending)
    for path in paths:
        path.write_bytes(change(path.read_bytes()))
    notes = read_sequence(paths).notes
    assert any(f"colors of {ending.upper()} files are not read" in note for note in notes) == lost


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r"), lambda t: t.replace(".", ",")])
@pytest.mark.parametrize("ending", ["stl", "off"])
def test_texts_of_other_programs_are_put_right(tmp_path, change, ending):
    text = trimesh.exchange.stl.export_stl_ascii(tetrahedron()) if ending == "stl" else tetrahedron().export(file_type="off")
    path = tmp_path / f"mesh.{ending}"
    path.write_bytes(change(text).encode())
    mesh = read_mesh(path, "mesh")
    assert len(mesh.triangles) == 4 and np.abs(mesh.vertices).max() == pytest.approx(3)


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
    frame = read_sequence(paths).frames[0]
    for corner, colour in (([1, 0, 0], [0, 0, 1]), ([0, 2, 0], [1, 0, 0])):
        place = np.abs(frame.vertices - corner).sum(1).argmin()
        assert frame.colours[place] == pytest.approx(colour, abs=1e-6)
