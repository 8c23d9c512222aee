import numpy as np
import pytest

from engine.mesh.rig.report import measure, size_of, torn_frames

# A unit square of two triangles over four frames.
SQUARE = np.tile([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]], (4, 1, 1))
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])


def test_the_size_is_that_of_the_box_over_all_frames():
    assert size_of(SQUARE) == pytest.approx(2**0.5)
    assert size_of(np.concatenate([SQUARE, SQUARE + [2, 0, 0]])) == pytest.approx(10**0.5)


def test_distances_are_per_cent_of_the_size_and_a_frame_that_is_missed_is_corrected():
    skinned = SQUARE.copy()
    skinned[2, :, 2] += 0.1
    found = measure(skinned, SQUARE, TRIANGLES, 3)
    expected = 100 * 0.1 / 2**0.5
    assert found.mean == pytest.approx([0, 0, expected, 0]) and found.largest == pytest.approx(found.mean)
    assert (found.corrected, found.stretch) == ([2], pytest.approx(1))
    assert found.as_dict() == {
        "bones": 3, "mean": round(expected / 4, 4), "largest": round(expected, 4), "stretch": 1.0, "corrected": [3]
    }  # fmt: skip


def test_torn_frames_are_corrected_whatever_the_rig_does():
    assert measure(SQUARE, SQUARE, TRIANGLES, 1, torn=[1]).corrected == [1]


def test_stretch_counts_longer_and_shorter_alike():
    assert measure(2 * SQUARE, SQUARE, TRIANGLES, 1).stretch == pytest.approx(2)
    assert measure(SQUARE / 2, SQUARE, TRIANGLES, 1).stretch == pytest.approx(2)


def test_a_frame_whose_edges_are_far_longer_than_in_others_is_torn():
    vertices = SQUARE.copy()
    vertices[3, 0] -= [9, 9, 0]
    assert torn_frames(vertices, TRIANGLES) == [3] and torn_frames(SQUARE, TRIANGLES) == []
