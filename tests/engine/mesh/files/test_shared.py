"""Which sequences are one mesh that moves already."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from engine.mesh.files.frame import EmptyError, MeshError
from engine.mesh.files.sequence import read_sequence
from engine.mesh.files.shared import _same_but_diagonals
from tests.engine.mesh.files.gltf_files import Maker

BALL = trimesh.creation.icosphere(2)
# A fan of four quadrilaterals around the middle of a square.
GRID = np.array([[x, y, 0] for y in range(3) for x in range(3)], float)
QUADS = [[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 7, 6], [4, 5, 8, 7]]


def moved(number: int) -> np.ndarray:
    return BALL.vertices * [1, 1 + 0.1 * number, 1] + [0.3 * number, 0, 0]


def write_obj(path: Path, vertices: np.ndarray, faces, more: str = "") -> None:
    lines = [f"v {x:.17g} {y:.17g} {z:.17g}" for x, y, z in vertices]
    path.write_text("\n".join([*lines, more, *("f " + " ".join(str(v + 1) for v in face) for face in faces)]) + "\n")


def test_the_same_faces_are_passed_through_to_the_last_digit(tmp_path):
    for number in range(3):
        # A vertex that no face uses goes, and what it holds does not matter.
        write_obj(tmp_path / f"f_{number}.obj", np.vstack([moved(number), [[np.nan, 1e9, 0]]]), BALL.faces)
    sequence = read_sequence([tmp_path])
    assert sequence.shared
    for number, frame in enumerate(sequence.frames):
        assert np.array_equal(frame.vertices, moved(number)) and np.array_equal(frame.triangles, BALL.faces)
    assert not read_sequence([tmp_path], share=False).shared


def test_vertices_in_another_order_are_no_shared_mesh(tmp_path):
    order = np.random.default_rng(0).permutation(len(BALL.vertices))
    write_obj(tmp_path / "f_0.obj", moved(0), BALL.faces)
    write_obj(tmp_path / "f_1.obj", moved(1)[order], np.argsort(order)[BALL.faces])
    assert not read_sequence([tmp_path]).shared


@pytest.mark.parametrize("ending", ["stl", "obj"])
def test_loose_triangles_correspond_where_they_meet_alike(tmp_path, ending):
    """Their lists of faces are equal in any case."""
    order = np.random.default_rng(0).permutation(len(BALL.faces))
    for name, faces in (("same", [BALL.faces, BALL.faces]), ("other", [BALL.faces, BALL.faces[order]])):
        (tmp_path / name).mkdir()
        for number, each in enumerate(faces):
            soup = moved(number)[each].reshape(-1, 3)
            triangles = np.arange(len(soup)).reshape(-1, 3)
            if ending == "obj":
                write_obj(tmp_path / name / f"f_{number}.obj", soup, triangles)
            else:
                trimesh.Trimesh(soup, triangles, process=False).export(tmp_path / name / f"f_{number}.stl")
    same = read_sequence([tmp_path / "same"])
    assert same.shared and same.frames[0].vertices.shape == BALL.vertices.shape
    for number, frame in enumerate(same.frames):
        assert frame.vertices[frame.triangles] == pytest.approx(moved(number)[BALL.faces], abs=1e-6)
    assert not read_sequence([tmp_path / "other"]).shared


def test_contact_in_some_frames_joins_nothing(tmp_path):
    two = np.vstack([BALL.vertices, BALL.vertices + [3, 0, 0]])
    faces = np.vstack([BALL.faces, BALL.faces + len(BALL.vertices)])
    for number, shift in enumerate((0.0, -3.0)):
        points = two + np.where(np.arange(len(two)) < len(BALL.vertices), 0, shift)[:, None] * [1, 0, 0]
        trimesh.Trimesh(points[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3), process=False).export(
            tmp_path / f"f_{number}.stl"
        )
    sequence = read_sequence([tmp_path])
    assert sequence.shared and len(sequence.frames[1].vertices) == len(two)


def test_quadrilaterals_that_bend_stay_themselves(tmp_path):
    """The corner at (0, 0) is pulled in beyond the diagonal, so that its face is cut the other way."""
    bent = GRID.copy()
    bent[0] = [0.8, 0.8, 0]
    colours = "\n".join(f"vt {x / 2} {y / 2}" for x, y, _ in GRID)
    for number, points in enumerate((GRID, bent)):
        text = "\n".join([*(f"v {x} {y} {z}" for x, y, z in points), colours])
        text += "\n" + "\n".join("f " + " ".join(f"{v + 1}/{v + 1}" for v in face) for face in QUADS)
        (tmp_path / f"f_{number}.obj").write_text(text)
    sequence = read_sequence([tmp_path])
    first, second = sequence.frames
    assert sequence.shared and np.array_equal(second.vertices, bent) and np.array_equal(first.triangles, second.triangles)
    assert first.uv == pytest.approx(GRID[first.triangles][..., :2] / 2) and np.array_equal(first.uv, second.uv)


def test_triangles_of_turned_diagonals_are_the_same_mesh():
    one = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])
    turned = np.array([[5, 4, 1], [1, 4, 3], [1, 3, 0], [2, 5, 1]])
    assert _same_but_diagonals(one, turned) and _same_but_diagonals(turned, one)
    assert not _same_but_diagonals(one, np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 4, 5]]))
    assert not _same_but_diagonals(one, np.array([[0, 1, 3], [1, 4, 3], [1, 2, 5], [2, 5, 4]]))
    assert not _same_but_diagonals(one, np.array([[0, 1, 2**22], [0, 4, 3], [1, 2, 5], [1, 5, 4]]))


def test_a_mesh_that_grows_from_nothing_is_whole_in_all_frames(tmp_path):
    """Neither a frame in a single point nor growth is odd where the faces say what belongs together."""
    for number, scale in enumerate((0.0, 0.01, 1.0)):
        write_obj(tmp_path / f"f_{number}.obj", BALL.vertices * scale, BALL.faces)
    sequence = read_sequence([tmp_path])
    assert sequence.shared and [frame.size > 0 for frame in sequence.frames] == [False, True, True]
    for path in tmp_path.iterdir():
        write_obj(path, BALL.vertices * 0, BALL.faces)
    with pytest.raises(EmptyError, match="Frame 1 .*single point"):
        read_sequence([tmp_path])


def test_a_bad_number_is_named_all_the_same(tmp_path):
    write_obj(tmp_path / "f_0.obj", moved(0), BALL.faces)
    write_obj(tmp_path / "f_1.obj", np.vstack([[[np.inf, 0, 0]], moved(1)[1:]]), BALL.faces)
    with pytest.raises(MeshError, match=r"Frame 2 \(f_1.obj\) holds numbers that are not finite, in 1 of"):
        read_sequence([tmp_path])


def test_an_empty_frame_among_them_is_held(tmp_path):
    for number in range(3):
        write_obj(tmp_path / f"f_{number}.obj", moved(number), BALL.faces if number != 1 else [])
    sequence = read_sequence([tmp_path], empty="hold")
    assert sequence.shared and sequence.clip_frames == 3
    filled = sequence.fill(np.stack([frame.vertices for frame in sequence.frames]))
    assert np.array_equal(filled[1], moved(0)) and np.array_equal(filled[2], moved(2))


def test_a_file_that_moves_keeps_its_vertices(tmp_path):
    """Corners that glTF has to write several times are one vertex again."""
    maker = Maker(nodes=[{"mesh": 0}])
    soup = BALL.vertices[BALL.faces].reshape(-1, 3)
    target = np.where(soup[:, :1] > 0, [0.5, 0, 0], [0, 0, 0])
    primitive = {"attributes": {"POSITION": maker.add(soup)}, "targets": [{"POSITION": maker.add(target)}]}
    maker.root["meshes"] = [{"primitives": [primitive]}]
    maker.move(0, "weights", [0, 1 / 12, 2 / 12], [0, 0.5, 1])
    sequence = read_sequence([maker.write(tmp_path / "ball.glb")])
    assert sequence.shared and len(sequence.frames[0].vertices) == len(BALL.vertices)
    expected = (soup + 0.5 * target)[:, [0, 2, 1]] * [1, -1, 1]
    middle = sequence.frames[1]
    assert middle.vertices[middle.triangles].reshape(-1, 3) == pytest.approx(expected, abs=1e-6)
