import bpy
import numpy as np
import pytest

from mav3d_blender.timeline.animation.keyframes import repeat_of, write_curve
from mav3d_blender.timeline.compat import fcurves


@pytest.fixture
def curve(scene):
    """write(frames, values, ...) -> the curve of an empty's pass index."""
    host = bpy.data.objects.new("host", None)

    def write(frames, values, interpolation="LINEAR", *rest):
        write_curve(host, "pass_index", np.array(frames), np.array(values), interpolation, *rest)
        (curve,) = fcurves(host)
        return curve

    return write


def test_keys_are_where_they_are_asked_for(curve):
    written = curve([1, 2.5, 4], [10, 20, 50])
    assert [tuple(point.co) for point in written.keyframe_points] == [(1, 10), (2.5, 20), (4, 50)]
    assert written.data_path == "pass_index" and written.evaluate(3.25) == pytest.approx(35)
    assert {point.handle_left_type for point in written.keyframe_points} == {"AUTO_CLAMPED"}


def test_constant_keys_hold_until_the_next(curve):
    written = curve([1, 2, 4], [10, 20, 50], "CONSTANT")
    assert [written.evaluate(frame) for frame in (1, 1.9, 2, 3.9, 4)] == [10, 10, 20, 20, 50]


@pytest.mark.parametrize(
    ("repeat", "values"),
    # Before the first key, in the middle, and beyond the last, two frames further on each side.
    [("HOLD", [0, 1, 2, 2, 2]), ("LOOP", [1, 1, 0, 1, 0]), ("PING_PONG", [1, 1, 2, 1, 0])],
)
def test_what_comes_before_and_after(curve, repeat, values):
    written = curve([1, 3], [0, 2], "LINEAR", repeat)
    assert [written.evaluate(frame) for frame in (0, 2, 3.0001, 4, 5.0001)] == pytest.approx(values, abs=1e-3)
    assert repeat_of(written) == repeat


def test_a_single_key_does_not_repeat(curve):
    assert repeat_of(curve([1], [5], "LINEAR", "LOOP")) == "HOLD"


def test_a_muted_repeat_is_none(curve):
    written = curve([1, 3], [0, 2], "LINEAR", "LOOP")
    written.modifiers[0].mute = True
    assert repeat_of(written) == "HOLD"


def test_an_interpolation_that_is_not_known_is_refused(curve):
    with pytest.raises(KeyError):
        curve([1, 2], [0, 1], "BOUNCE")
