"""The arithmetic of keys; whole files that move are in test_document."""

import numpy as np
import pytest

from engine.mesh.files.frame import MeshError
from engine.mesh.files.gltf.animation import Animation, _Channel, chosen


def channel(times, values, path="translation", way="LINEAR", node=0) -> _Channel:
    return _Channel(node, path, way, np.array(times, float), np.array(values, float))


def test_values_hold_beyond_the_ends_and_are_mixed_between_them():
    one = channel([1, 3], [[0, 0, 0], [4, 0, 2]])
    assert [one.at(seconds).tolist() for seconds in (0, 1, 2, 3, 9)] == [[0, 0, 0], [0, 0, 0], [2, 0, 1], [4, 0, 2], [4, 0, 2]]
    assert channel([1, 3], [[0, 0, 0], [4, 0, 2]], way="STEP").at(2.9).tolist() == [0, 0, 0]


def test_cubic_keys_are_hermite_splines():
    # In tangent, value, out tangent of each key; a straight line where both tangents are its slope.
    line = channel([0, 2], [[[3.0] * 3, [0] * 3, [3] * 3], [[3] * 3, [6] * 3, [3] * 3]], way="CUBICSPLINE")
    assert line.at(0.5) == pytest.approx([1.5] * 3) and line.at(5) == pytest.approx([6] * 3)


def test_a_turn_keeps_its_length():
    half = 0.5**0.5
    turn = channel([0, 1], [[0, 0, 0, 1], [0, 0, half, half]], "rotation").at(0.5)
    assert turn == pytest.approx([0, 0, np.sin(np.pi / 8), np.cos(np.pi / 8)])


@pytest.mark.parametrize(
    ("times", "fps", "count", "rate"),
    [
        # A sampled clip keeps its own times; a gap of a whole step is one of its frames.
        ([0, 0.04, 0.08], None, 3, 25),
        ([0, 0.04, 0.08, 0.16], None, 5, 25),
        # Keys an animator set are looked at as often as is asked, or at their own moments.
        ([0, 1.0], 4, 5, 4),
        ([0, 1.0], None, 2, None),
        ([0, 0.04, 0.08], 100, 9, 100),
    ],
)
def test_when_an_animation_is_looked_at(times, fps, count, rate):
    seconds, found = Animation("move", [channel(times, np.zeros((len(times), 3)))]).moments(fps)
    assert len(seconds) == count and found == rate and seconds[0] == times[0]


def test_animations_of_different_nodes_play_together_else_one_is_chosen():
    one = Animation("one", [channel([0], [[0] * 3])])
    two = Animation("two", [channel([0], [[0] * 3], node=1)])
    again = Animation("again", [channel([0], [[1] * 3])])
    whole, said = chosen([one, two], None, "a.glb")
    assert (whole.name, len(whole.channels), said) == ("one, two", 2, "")
    assert chosen([one, two, again], None, "a.glb")[0] is one and chosen([one, two], "two", "a.glb")[0] is two
    with pytest.raises(MeshError, match="a.glb has no animation 'three': choose one of one, two"):
        chosen([one, two], "three", "a.glb")
