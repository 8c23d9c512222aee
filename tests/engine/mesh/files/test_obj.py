"""Wavefront OBJ as programs write it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.mesh.files.frame import Frame, MeshError, checked
from engine.mesh.files.mesh_file import read_mesh

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
RED, BLUE, WHITE = [1, 0, 0], [0, 0, 1], [1, 1, 1]


def read(folder: Path, text: str | bytes, **files: str) -> Frame:
    """The frame in an .obj of this text; files: beside it, by name without its ending .mtl."""
    for name, content in files.items():
        (folder / f"{name}.mtl").write_text(content)
    (folder / "mesh.obj").write_bytes(text.encode() if isinstance(text, str) else text)
    return checked(folder / "mesh.obj", "Frame 1", read_mesh(folder / "mesh.obj", "Frame 1"))


def colour_at(frame: Frame, point: list[float]) -> np.ndarray:
    return frame.colours[np.abs(frame.vertices - point).sum(1).argmin()]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(".", ",").encode(),
        lambda text: text.replace(" ", "\t").encode(),
        lambda text: text.replace("f 1 2", "f 1 \\\n2").encode(),
        lambda text: b"# \xe4\xf6\xfc\n" + text.encode() + b"\n# end",
        lambda text: text.replace("f 1 2 3 4", "f 1/1/1 2//2 3/1 4").encode(),
        lambda text: text.replace("f 1 2 3 4", "f -4 -3 -2 -1").encode(),
    ],
)
def test_a_square_is_a_square_whoever_wrote_it(tmp_path, change):
    frame = read(tmp_path, change("v 0.5 0.5 0.5\nv 1.5 0.5 0.5\nv 1.5 1.5 0.5\nv 0.5 1.5 0.5\nvt 0.5 0.5\nf 1 2 3 4\n"))
    assert np.ptp(frame.vertices, axis=0).tolist() == [1, 1, 0] and frame.vertices.min() == 0.5
    assert len(frame.triangles) == 2


def test_relative_indices_count_from_where_they_stand(tmp_path):
    frame = read(tmp_path, "v 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\nv 0 0 5\nv 1 0 5\nv 0 1 5\nf -3 -2 -1\n")
    assert sorted(frame.vertices[frame.triangles][..., 2].mean(1)) == [0, 5]


@pytest.mark.parametrize("uv", ["", "vt 0 0\n"])
def test_vertex_colours_are_kept_beside_texture_coordinates(tmp_path, uv):
    face = "f 1/1 2/1 3/1\n" if uv else "f 1 2 3\n"
    frame = read(tmp_path, "v 0 0 0 1 0 0\nv 1 0 0 0 0 1\nv 0 1 0 1 1 1\n" + uv + face)
    assert colour_at(frame, [0, 0, 0]) == pytest.approx(RED) and colour_at(frame, [1, 0, 0]) == pytest.approx(BLUE)


def test_colours_of_some_vertices_and_as_bytes_count(tmp_path):
    frame = read(tmp_path, "v 0 0 0 255 0 0\nv 1 0 0\nv 0 1 0 0 0 255\nf 1 2 3\n")
    assert colour_at(frame, [0, 0, 0]) == pytest.approx(RED) and colour_at(frame, [1, 0, 0]) == pytest.approx(WHITE)


def test_material_colours_are_colours_with_a_hard_edge(tmp_path):
    text = "mtllib a.mtl b.mtl\n" + SQUARE + "usemtl Red one\nf 1 2 3\nusemtl blue\nf 1 3 4\n"
    frame = read(tmp_path, text, a="newmtl Red one\nKd 1 0 0\nKs 1 1 1\n", b="newmtl blue\nKd 0 0 1\n")
    assert frame.losses == ()
    colours = frame.paint.at(np.array([0, 1]), np.full((2, 3), 1 / 3))
    assert sorted(colours.tolist()) == [BLUE, RED]
    # A vertex of both shows both.
    assert colour_at(frame, [0, 0, 0]) == pytest.approx([0.5, 0, 0.5])
    assert colour_at(frame, [1, 0, 0]) == pytest.approx(RED)


def test_each_material_has_its_own_picture(tmp_path):
    Image.new("RGB", (4, 4), (255, 0, 0)).save(tmp_path / "my skin.png")
    Image.new("RGB", (4, 4), (0, 0, 255)).save(tmp_path / "coat.png")
    text = "mtllib a.mtl\n" + SQUARE + "vt 0.5 7.5\nusemtl a\nf 1/1 2/1 3/1\nusemtl b\nf 1/1 3/1 4/1\n"
    library = "newmtl a\nmap_Kd -s 1 1 1 -clamp on my skin.png\nnewmtl b\nKd 0 1 0\nmap_Kd C:\\Users\\someone\\COAT.PNG\n"
    frame = read(tmp_path, text, a=library)
    assert frame.losses == ()
    assert sorted(frame.paint.at(np.array([0, 1]), np.full((2, 3), 1 / 3)).tolist()) == [BLUE, RED]


def test_a_picture_takes_the_place_of_vertex_colours(tmp_path):
    Image.new("RGB", (4, 4), (255, 255, 0)).save(tmp_path / "skin.png")
    text = "mtllib a.mtl\n" + SQUARE.replace("\n", " 0.5 0 0\n") + "vt 0 0\nusemtl a\nf 1/1 2/1 3/1\n"
    assert read(tmp_path, text, a="newmtl a\nKd 0 0 0\nmap_Kd skin.png\n").colours[0] == pytest.approx([1, 1, 0])


@pytest.mark.parametrize(
    ("library", "vertex", "colour", "said"),
    [
        ("newmtl a\nKd 1 0 0\nmap_Kd C:\\x\\skin.png\n", "", RED, "C:\\x\\skin.png is missing, its material's plain color"),
        ("newmtl a\nKd 1 0 0\nmap_Kd skin.png\n", " 0 0 1", BLUE, "skin.png is missing, its vertices' colors are used"),
        ("newmtl a\nmap_Kd bad.png\n", "", None, "bad.png can't be read (it is damaged or of a kind not known here: save it"),
        ("newmtl a\nmap_Kd bad.png\n", "", None, "its material has no color"),
        ("newmtl b\nKd 1 0 0\n", "", None, "material a is in no material file"),
        (None, "", None, "material file a.mtl is missing"),
    ],
)
def test_what_is_missing_is_said_and_what_takes_its_place(tmp_path, library, vertex, colour, said):
    (tmp_path / "bad.png").write_text("no picture")
    text = "mtllib a.mtl\n" + SQUARE.replace("\n", f"{vertex}\n") + "vt 0 0\nusemtl a\nf 1/1 2/1 3/1\n"
    frame = read(tmp_path, text, **({} if library is None else {"a": library}))
    assert len(frame.losses) == 1 and said in frame.losses[0]
    assert (None if frame.paint is None else frame.colours[0].tolist()) == colour


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v 0 0\n", "at line 1"),
        ("v 0 0 zero\n", "at line 1"),
        (SQUARE + "f 1 2 x\n", "at line 5"),
        (SQUARE + "f 0 1 2\n", "at line 5"),
        (SQUARE + "f -9 1 2\n", "at line 5"),
        (SQUARE + "f 1 2 9\n", "point outside its 4 vertices"),
        (SQUARE + "f 1 2 99999999999999999999999\n", "point outside its 4 vertices"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, text, said):
    with pytest.raises(MeshError, match=said):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x64\x86\x02\0\x91\xe6P<", "is no Wavefront OBJ but binary data"),
        (SQUARE.encode() + b"f 1 2 3\n\0\0\0\0", "has zero bytes from line 6 on"),
        (SQUARE + "cstype bezier\ndeg 1 1\nsurf 0 1 0 1 1 2 3 4\nend\n", "holds curved surfaces"),
    ],
)
def test_what_is_no_text_and_no_polygons_is_one_sentence(tmp_path, content, said):
    with pytest.raises(MeshError, match=f"^Frame 1 {said}") as caught:
        read(tmp_path, content)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("line", "colour", "loss"),
    [
        ("Kd 255 128 0", [1, 128 / 255, 0], None),
        ("Kd nan 1 0", None, "the color in line 2 of the material file a.mtl ('nan 1 0') can't be read"),
        ("Ke 1 0 0", None, "the light that the material a gives off is left out"),
        ("Ke 0.000000 0.0 0", None, None),
        ("Kd 0.5", [0.5, 0.5, 0.5], None),
        ("Kd spectral glass.rfl", None, "the color in line 2 of the material file a.mtl ('spectral glass.rfl') can't be read"),
        ("Kd", None, "the color in line 2 of the material file a.mtl ('') can't be read"),
    ],
)
def test_one_colour_that_can_t_be_read_costs_no_other(tmp_path, line, colour, loss):
    (tmp_path / "a.mtl").write_text(f"newmtl a\n{line}\nnewmtl b\nKd 0 1 0\n")
    (tmp_path / "mesh.obj").write_text("mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\nusemtl b\nf 1 3 2\n")
    mesh = read_mesh(tmp_path / "mesh.obj", "Frame 1")
    assert mesh.paint.tint[1, 0].tolist() == [0, 1, 0] and mesh.losses == ((loss,) if loss else ())
    assert mesh.paint.tint[0, 0] == pytest.approx(colour or [1, 1, 1])
