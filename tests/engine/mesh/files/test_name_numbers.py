import random
from fractions import Fraction

import pytest

from engine.mesh.files.name_numbers import SignedNames, natural, numbers_of, restarts, template


def numbers(*names):
    found = numbers_of(list(names), SignedNames(list(names)))
    return None if found is None else [tuple(map(float, each)) for each in found]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("f_1", "f_2", "f_10"), [(1,), (2,), (10,)]),
        # The one that differs in all, not the take's.
        (("take2_v1_f003", "take2_v1_f004"), [(3,), (4,)]),
        # A dash is a sign where another name has none there, or before the first digit.
        (("f_-1", "f_0"), [(-1,), (0,)]),
        (("-2", "-1"), [(-2,), (-1,)]),
        (("shot-001", "shot-002"), [(1,), (2,)]),
        # Neither half orders them, as one number they do.
        (("t_0.5", "t_0.25", "t_1.25"), [(0.5,), (0.25,), (1.25,)]),
        (("a_1_1", "a_1_2", "a_2_1"), [(1, 1), (1, 2), (2, 1)]),
        (("f_7",), [(7,)]),
        (("front", "back"), None),
        (("f_1", "f_1"), None),
    ],
)
def test_the_numbers_that_order_names(names, expected):
    assert numbers(*names) == expected


def test_names_of_one_sequence_have_one_template():
    names = ["Frame_001.v2", "frame_017.v2", "other_1"]
    signed = SignedNames(names)
    assert [template(name, signed) for name in names] == ["frame_#.v#", "frame_#.v#", "other_#"]
    assert signed.split("Frame_001.v2") == (["frame_", ".v", ""], [Fraction(1), Fraction(2)])


def test_takes_that_count_from_the_same_number_restart():
    pairs = [tuple(map(Fraction, pair)) for pair in ((1, 1), (1, 2), (2, 1), (2, 2))]
    assert restarts(pairs) and not restarts([(Fraction(1), Fraction(1)), (Fraction(1), Fraction(2))])
    assert not restarts([tuple(map(Fraction, pair)) for pair in ((1, 1), (1, 2), (2, 3), (2, 4))])


def test_natural_order_is_that_of_counting():
    names = [f"Frame_{number}" for number in range(1, 12)]
    mixed = random.Random(0).sample(names, len(names))
    assert sorted(mixed, key=natural) == names
