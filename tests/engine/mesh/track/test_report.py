import numpy as np
import pytest

from engine.mesh.surface import Mesh
from engine.mesh.track.report import FrameError, Report, edges_and_faces, folded, measure
from engine.mesh.track.sample import triangle_distances

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


def test_distances_to_a_triangle_by_hand():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]])
    points = np.array([[0.2, 0.2, 0.3], [0.5, -2, 0], [2, 0, 0], [0, 0, 0]])
    assert np.sqrt(triangle_distances(points, corners)) == pytest.approx([0.3, 2, 1, 0])
    # One without an area is its longest edge.
    assert triangle_distances(np.array([1.5, 3, 0]), np.array([[0, 0, 0], [2, 0, 0], [1, 0, 0.0]])) == pytest.approx(9)


def test_a_mesh_beside_its_surface_is_as_far_as_it_is():
    beside = np.stack([SQUARE, SQUARE + [0, 0, 0.1]])
    report = measure(beside, HALVES, [Mesh(SQUARE, HALVES)] * 2, 0)
    size = np.sqrt(2)
    assert [frame.distance for frame in report.frames] == pytest.approx([0, 10 / size], abs=1e-6)
    assert report.frames[1].lost == pytest.approx(10 / size) and report.folds == 0
    assert [frame.stretch for frame in report.frames] == pytest.approx([1, 1])
    assert report.objection() == "in frame 2 the surface is 7.1 % of the size away on average"


def test_twice_as_large_is_stretched_by_two():
    meshes = [Mesh(SQUARE, HALVES), Mesh(2 * SQUARE, HALVES)]
    report = measure(np.stack([SQUARE, 2 * SQUARE]), HALVES, meshes, 0)
    assert [frame.stretch for frame in report.frames] == pytest.approx([1, 2]) and report.objection() is None


def test_a_square_folded_along_its_diagonal():
    _, faces = edges_and_faces(HALVES)
    assert len(faces) == 1 and folded(SQUARE, HALVES, faces) == 0
    closed = SQUARE.copy()
    closed[3] = [0.9, 0.1, 0.01]
    assert folded(closed, HALVES, faces) == 1


def test_a_good_report_has_nothing_to_say_and_counts_from_one():
    report = Report(1, [FrameError(0.2, 0.8, 0.1, 1.0), FrameError(0.4, 1.0, 0.3, 1.1)])
    assert report.objection() is None and report.distance == pytest.approx(0.3)
    written = report.as_dict()
    assert written["reference"] == 2 and written["frames"][0]["frame"] == 1 and written["advice"] == ""


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (FrameError(1.6, 0.8, 0.1, 1.0), "in frame 3 the surface is 1.6 % of the size away on average"),
        (FrameError(0.2, 9.5, 0.1, 1.0), "in frame 3 part of the surface is 9.5 % of the size away where it is furthest"),
        (FrameError(0.2, 0.8, 4.5, 1.0), "in frame 3 the mesh has 4.5 % of the edges folded"),
    ],
)
def test_the_worst_frame_is_named_with_its_fault(bad, said):
    good = FrameError(0.2, 0.8, 0.1, 1.0)
    assert Report(0, [good, good, bad, good]).objection() == said


def test_a_limb_that_is_lost_shows_where_a_mean_would_hide_it():
    # A second square far away, three hundredths of the first one's area, that the mesh does not have.
    far = np.concatenate([SQUARE, np.sqrt(0.03) * SQUARE + [0, 0, 3]])
    report = measure(np.stack([SQUARE] * 2), HALVES, [Mesh(SQUARE, HALVES), Mesh(far, np.concatenate([HALVES, HALVES + 4]))], 0)
    size = np.sqrt(11)
    lost = report.frames[1]
    assert lost.lost == pytest.approx(300 / size, rel=1e-3)
    assert lost.distance == pytest.approx(100 * 3 * 0.03 / 1.03 / 2 / size, rel=0.1)
    assert report.objection() == f"in frame 2 part of the surface is {lost.lost:.1f} % of the size away where it is furthest"
