"""The frames that Blender's side writes, and those of an asset folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.track import MATERIALS, frame_name
from engine.mesh.files.frame import MeshError
from engine.mesh.files.mesh_file import read_mesh
from engine.mesh.files.sequence import read_sequence

POINTS = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0.5, 1]])
CORNERS, COUNTS = np.array([3, 2, 1, 0, 0, 1, 4], np.int32), np.array([4, 3], np.int32)
UV = np.linspace(0, 1, 14, dtype=np.float32).reshape(7, 2)


def write(folder: Path, number: int = 1, **arrays) -> Path:
    whole = {"vertices": POINTS, "corners": CORNERS, "counts": COUNTS} | arrays
    np.savez(folder / frame_name(number), **{name: array for name, array in whole.items() if array is not None})
    return folder / frame_name(number)


def materials(folder: Path, *entries) -> None:
    (folder / MATERIALS).write_text(json.dumps([{"colour": colour, "picture": picture} for colour, picture in entries]))


def test_polygons_stay_polygons_with_their_colours(tmp_path):
    colours = np.linspace(0, 1, 21, dtype=np.float32).reshape(7, 3)
    mesh = read_mesh(write(tmp_path, uv=UV, colours=colours), "Frame 1")
    assert np.array_equal(mesh.vertices, POINTS) and mesh.triangles.tolist() == [[3, 2, 1], [3, 1, 0], [0, 1, 4]]
    assert np.array_equal(mesh.uv, UV[[[0, 1, 2], [0, 2, 3], [4, 5, 6]]])
    assert mesh.paint.tint[2] == pytest.approx(colours[4:])


def test_materials_are_a_picture_a_colour_or_the_vertices_own(tmp_path):
    Image.new("RGB", (4, 4), (0, 0, 255)).save(tmp_path / "skin.png")
    materials(tmp_path, (None, "skin.png"), ([1, 0.5, 0], None), (None, None), ([0, 1, 0], "gone.png"))
    colours = np.full((7, 3), 0.25, np.float32)

    def middle(*material: int) -> list:
        mesh = read_mesh(write(tmp_path, uv=UV, colours=colours, material=np.array(material, np.int32)), "Frame 1")
        return [mesh.paint.at(np.array([0, 2]), np.full((2, 3), 1 / 3)).round(3).tolist(), mesh.losses]

    assert middle(0, 1) == [[[0, 0, 1], [1, 0.5, 0]], ()]
    assert middle(2, 3) == [
        [[0.25, 0.25, 0.25], [0, 1, 0]],
        ("the picture gone.png is missing, its material's plain color is used",),
    ]
    bare = read_mesh(write(tmp_path, material=np.array([0, 1], np.int32)), "Frame 1")
    assert bare.losses == ("the picture skin.png has no texture coordinates to lie by and is left out",)
    assert middle(2, 9) == [[[0.25] * 3, [0.25] * 3], ()]


def test_later_frames_hold_their_vertices_alone(tmp_path):
    write(tmp_path, -1, uv=UV)
    for number in (0, 1):
        write(tmp_path, number, vertices=POINTS + number, corners=None, counts=None, faces_of=np.array(frame_name(-1)))
    sequence = read_sequence([tmp_path])
    assert sequence.shared and sequence.timing.numbers == [-1, 0, 1]
    assert np.array_equal(sequence.frames[2].vertices, POINTS + 1) and sequence.frames[2].uv.shape == (3, 3, 2)
    (tmp_path / frame_name(-1)).unlink()
    with pytest.raises(MeshError, match="Frame 1 .* needs frame_-0001.npz beside it, which is missing"):
        read_sequence([tmp_path])


def test_loose_faces_keep_their_vertices(tmp_path):
    """What stands in a scene has the vertices that its maker wants."""
    loose, faces = POINTS[[0, 1, 4, 1, 2, 4]], {"corners": np.arange(6), "counts": np.array([3, 3])}
    for number in (1, 2):
        write(tmp_path, number, vertices=loose * number, **faces)
    sequence = read_sequence([tmp_path])
    assert sequence.shared and np.array_equal(sequence.frames[1].vertices, loose * 2)


def test_frames_of_an_asset_are_a_sequence(tmp_path):
    for number, colour in ((1, (255, 0, 0)), (2, (0, 0, 255))):
        triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)[: 3 - number]
        uv = np.zeros((3 - number, 3, 2), "f4")
        np.savez(tmp_path / frame_name(number), vertices=POINTS.astype("f4"), triangles=triangles, uv=uv)
        Image.new("RGB", (4, 4), colour).save(tmp_path / f"albedo_{number:04d}.png")
    first, second = read_sequence([tmp_path]).frames
    assert first.colours[0] == pytest.approx([1, 0, 0]) and second.colours[0] == pytest.approx([0, 0, 1])
    assert (len(first.triangles), len(second.triangles)) == (2, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vertices": None}, "its vertices are missing"),
        ({"vertices": POINTS[:, :2]}, r"its vertices are of the wrong kind, float64 \[5, 2\]"),
        ({"corners": CORNERS.astype(float)}, "its corners are of the wrong kind"),
        ({"counts": np.array([4, 4])}, "its 2 polygons have 8 corners, and there are 7"),
        ({"counts": np.array([-1, 8])}, "its 2 polygons have 7 corners"),
        ({"corners": CORNERS + 2}, "its faces point outside its 5 vertices"),
        ({"uv": UV[:3]}, "its uv are 3, and 7 are needed"),
        ({"material": np.array([0, 0])}, "materials.json beside it is missing"),
        ({"faces_of": np.array("../frame_0000.npz")}, "which is no frame beside"),
        ({"faces_of": np.array(frame_name(1))}, "which is no frame beside"),
        ({"vertices": np.array([{}])}, "it holds objects of a program"),
    ],
)
def test_a_damaged_frame_is_one_sentence(tmp_path, changes, said):
    path = write(tmp_path, **changes)
    with pytest.raises(MeshError, match=rf"^Frame 1 can't be read \(.*{said}.*write the frames again, it is damaged.$"):
        read_mesh(path, "Frame 1")


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY\x01\x00", b"x" * 100])
def test_what_is_no_archive_is_one_sentence(tmp_path, content):
    (tmp_path / "frame_0001.npz").write_bytes(content)
    with pytest.raises(MeshError, match="Frame 1 (can't be read|is empty)") as caught:
        read_mesh(tmp_path / "frame_0001.npz", "Frame 1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '[{"picture": 3}]', '[{"colour": [1, 2]}]', '[{"colour": [1, 2, null]}]'])
def test_damaged_materials_are_one_sentence(tmp_path, text):
    (tmp_path / MATERIALS).write_text(text)
    with pytest.raises(MeshError, match="materials.json beside it"):
        read_mesh(write(tmp_path, material=np.array([0, 0])), "Frame 1")
