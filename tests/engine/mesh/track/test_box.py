from pathlib import Path

import numpy as np
import pytest

from engine.mesh.files.frame import Frame
from engine.mesh.track.box import Box

CORNERS = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [2, 2, 1.0]])


def box(place: list[float], scale: float = 1.0) -> Box:
    moved = [CORNERS * scale + place, CORNERS * scale * 0.5 + place]
    return Box.around([Frame(Path("f.obj"), points, np.array([[0, 1, 2]], np.int32)) for points in moved])


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_work_is_done_in_unit_size_and_undone(scale):
    found = box([3 * scale, 0, 0], scale)
    assert found.size == pytest.approx(3 * scale) and found.middle == pytest.approx(np.array([4, 1, 0.5]) * scale)
    points = CORNERS * scale + [3 * scale, 0, 0]
    assert np.linalg.norm(np.ptp(found.to_unit(points), axis=0)) == pytest.approx(1)
    assert found.from_unit(found.to_unit(points)) == pytest.approx(points, rel=1e-6) and not found.origin.any()
    assert found.notes() == []


@pytest.mark.parametrize(("away", "taken"), [(2990.0, False), (3010.0, True), (-5e6, True)])
def test_only_a_place_that_single_precision_cannot_hold_is_taken_out(away, taken):
    found = box([0, 0, away])
    assert found.origin.tolist() == (found.middle.tolist() if taken else [0, 0, 0])
    written = found.from_unit(found.to_unit(CORNERS + [0, 0, away]))
    assert written.dtype == np.float32
    assert written.astype(float) + found.origin == pytest.approx(CORNERS + [0, 0, away], abs=1e-6 if taken else 5e-4)
    assert len(found.notes()) == taken


def test_a_way_on_which_single_precision_loses_the_shape_is_said():
    for way, said in ((5e3, 0), (1e8, 1)):
        frames = [Frame(Path("f.obj"), CORNERS + [x, 0, 0], np.array([[0, 1, 2]], np.int32)) for x in (0, way)]
        notes = Box.around(frames).notes()
        assert len(notes) == said and all("3e+07 times as far as it is large" in note for note in notes)
