"""Stanford PLY, text and binary, as Blender and scanners write it."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.mesh.files.frame import EmptyError, Frame, MeshError, checked
from engine.mesh.files.mesh_file import read_mesh

# A square, a triangle on its right side and a pentagon below it.
POINTS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0.5, 0), (1, -1, 0), (0.5, -2, 0), (0, -1, 0)]
FACES = [(0, 1, 2, 3), (1, 4, 2), (0, 7, 6, 5, 1)]
AREA = 1 + 0.5 + 1.5


def head(form: str, extra: str = "", faces: int = 3, face: str = "property list uchar int vertex_indices\n") -> bytes:
    vertex = "property float x\nproperty float y\nproperty float z\n" + extra
    return f"ply\nformat {form} 1.0\nelement vertex 8\n{vertex}element face {faces}\n{face}end_header\n".encode()


def binary(order: str, extra: bytes = b"") -> bytes:
    points = b"".join(struct.pack(order + "3f", *point) + extra for point in POINTS)
    return points + b"".join(struct.pack(f"{order}B{len(face)}i", len(face), *face) for face in FACES)


def text(extra: str = "") -> bytes:
    rows = [f"{x} {y} {z}{extra}" for x, y, z in POINTS] + [" ".join(map(str, (len(f), *f))) for f in FACES]
    return "\n".join(rows).encode()


def read(folder: Path, content: bytes) -> Frame:
    (folder / "mesh.ply").write_bytes(content)
    return checked(folder / "mesh.ply", "Frame 1", read_mesh(folder / "mesh.ply", "Frame 1"))


def area(frame: Frame) -> float:
    a, b, c = (frame.vertices[frame.triangles[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize(
    "content",
    [
        head("binary_little_endian") + binary("<"),
        head("binary_big_endian") + binary(">"),
        head("ascii") + text(),
        head("ascii").replace(b"\n", b"\r\n") + text().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + head("ascii").replace(b"\n", b"\r") + text().replace(b"\n", b"\r"),
        head("ascii") + text().replace(b".", b","),
        head("binary_little_endian", "property float s\nproperty float t\n") + binary("<", struct.pack("<2f", 0.1, 0.2)),
        head("binary_little_endian").replace(b"vertex_indices", b"vertex_index").replace(b"uchar", b"uint8") + binary("<"),
    ],
)
def test_polygons_of_several_sizes_are_read(tmp_path, content):
    frame = read(tmp_path, content)
    assert len(frame.vertices) == 8 and len(frame.triangles) == 2 + 1 + 3 and area(frame) == pytest.approx(AREA)
    assert frame.paint is None and frame.losses == ()


def test_what_comes_after_and_before_the_faces_is_passed_over(tmp_path):
    header = head("binary_little_endian").replace(
        b"element face", b"element camera 1\nproperty list uchar double view\nproperty int id\nelement face"
    )
    header = header.replace(b"property list uchar int", b"property uchar flags\nproperty list uchar int")
    points = b"".join(struct.pack("<3f", *point) for point in POINTS)
    faces = b"".join(struct.pack(f"<BB{len(face)}i", 7, len(face), *face) for face in FACES)
    frame = read(tmp_path, header + points + struct.pack("<B2di", 2, 0.5, 0.25, 9) + faces + b"more")
    assert area(frame) == pytest.approx(AREA)


@pytest.mark.parametrize(
    ("kind", "code", "value"), [("uchar", "B", 255), ("ushort", "H", 65535), ("float", "f", 1.0), ("float", "f", 255.0)]
)
def test_colours_of_any_type_are_kept_beside_texture_coordinates(tmp_path, kind, code, value):
    extra = f"property float s\nproperty float t\nproperty {kind} red\nproperty {kind} green\nproperty {kind} blue\n"
    packed = struct.pack(f"<2f3{code}", 0.1, 0.2, value, 0, 0)
    assert read(tmp_path, head("binary_little_endian", extra) + binary("<", packed)).colours[0] == pytest.approx([1, 0, 0])
    assert read(tmp_path, head("ascii", extra) + text(f" 0.1 0.2 {value} 0 0")).colours[0] == pytest.approx([1, 0, 0])


def test_a_dark_colour_in_text_stays_dark(tmp_path):
    extra = "property uchar red\nproperty uchar green\nproperty uchar blue\n"
    assert read(tmp_path, head("ascii", extra) + text(" 1 0 1")).colours[0] == pytest.approx([1 / 255, 0, 1 / 255])


def test_colours_of_faces_are_colours(tmp_path):
    face = "property list uchar int vertex_indices\nproperty uchar red\nproperty uchar green\nproperty uchar blue\n"
    points = b"".join(struct.pack("<3f", *point) for point in POINTS)
    faces = b"".join(struct.pack(f"<B{len(f)}i3B", len(f), *f, 255 * (n == 1), 0, 255) for n, f in enumerate(FACES))
    frame = read(tmp_path, head("binary_little_endian", face=face) + points + faces)
    colours = frame.paint.at(np.arange(6), np.full((6, 3), 1 / 3))
    assert colours.tolist() == [[0, 0, 1]] * 2 + [[1, 0, 1]] + [[0, 0, 1]] * 3


@pytest.mark.parametrize("there", [True, False])
def test_a_texture_named_in_a_comment_is_used_or_said_to_be_missing(tmp_path, there):
    if there:
        Image.new("RGB", (4, 4), (0, 0, 255)).save(tmp_path / "skin.png")
    header = head("ascii", "property float s\nproperty float t\n").replace(b"1.0\n", b"1.0\ncomment TextureFile skin.png\n")
    frame = read(tmp_path, header + text(" 0.5 0.5"))
    assert (frame.paint is None) != there
    if there:
        assert frame.colours[0] == pytest.approx([0, 0, 1])
    else:
        assert frame.losses == ("the picture skin.png is missing, its vertices have no colors either",)


def test_a_texture_without_coordinates_is_said_to_be_left_out(tmp_path):
    header = head("ascii").replace(b"1.0\n", b"1.0\ncomment TextureFile skin.png\n")
    assert read(tmp_path, header + text()).losses == (
        "the picture skin.png has no texture coordinates to lie by and is left out",
    )


def test_splats_are_named(tmp_path):
    content = b"ply\nformat ascii 1.0\nelement vertex 1\n" + b"".join(
        b"property float " + name + b"\n" for name in (b"x", b"y", b"z", b"f_dc_0")
    )
    with pytest.raises(MeshError, match="holds Gaussian splats, which have no surface"):
        read(tmp_path, content + b"end_header\n0 0 0 1\n")


def test_text_keeps_more_digits_than_its_type_says(tmp_path):
    content = text().replace(b"2 0.5 0", b"5300000.125 0.5 0")
    assert read(tmp_path, head("ascii") + content).vertices.max() == 5300000.125


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no mesh", "no PLY header"),
        (head("binary_middle_endian") + binary("<"), "format is none known"),
        (head("binary_little_endian") + binary("<")[:-3], "after 2 of 3 of its element face"),
        (head("binary_little_endian") + binary("<")[:50], "after 4 of 8 of its element vertex"),
        (head("binary_little_endian", faces=4) + binary("<"), "after 3 of 4 of its element face"),
        (head("ascii") + text()[:-4], "after 2 of 3 of its element face"),
        (head("ascii") + text().replace(b"3 1 4 2", b"3 1 4 9"), "point outside its 8 vertices"),
        (head("ascii") + text().replace(b"3 1 4 2", b"3 1 4 1.5"), "holds what is no i4"),
        (head("ascii").replace(b"float y", b"quad y") + text(), "type 'quad' that PLY does not know"),
        (head("ascii").replace(b"float y", b"float i") + text(), "no x, y and z"),
        (head("binary_little_endian", faces=10**15) + binary("<"), "after 3 of 10+ of its element face"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, content, said):
    with pytest.raises(MeshError, match=said) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value) and not isinstance(caught.value, EmptyError)


def test_a_cloud_of_points_is_no_surface(tmp_path):
    with pytest.raises(EmptyError, match="8 points and no triangle"):
        read(tmp_path, head("ascii", faces=0) + text())
