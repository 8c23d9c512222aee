import pytest

from mav3d_blender.common.durations import done_fraction, duration_text, left_text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (130, "2 min 10 s"), (3900, "1 h 5 min")]
)
def test_a_duration_in_words(seconds, text):
    assert duration_text(seconds) == text


def test_no_time_left_is_not_mentioned():
    assert (left_text(0), left_text(-1), left_text(70)) == ("", "", ", 1 min 10 s left")


def test_the_fraction_is_of_time_where_that_is_known():
    assert done_fraction(1, 100, elapsed_s=30, left_s=10) == 0.75
    assert done_fraction(1, 4) == done_fraction(1, 4, elapsed_s=30) == done_fraction(1, 4, left_s=30) == 0.25
    assert (done_fraction(5, 4), done_fraction(-1, 4), done_fraction(1, 0)) == (1.0, 0.0, 0.0)
