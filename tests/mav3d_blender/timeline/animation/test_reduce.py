import numpy as np
import pytest

from mav3d_blender.timeline.animation.reduce import reduce_keys


def evaluated(keys, count: int) -> np.ndarray:
    """Hermite's cubics at whole samples."""
    found = np.zeros((count, keys.values.shape[1]))
    for start, end, left, right, out, into in zip(
        keys.index[:-1], keys.index[1:], keys.values[:-1], keys.values[1:], keys.after[:-1], keys.before[1:], strict=True
    ):
        length = end - start
        for at in range(start, end + 1):
            t = (at - start) / length
            found[at] = (
                (2 * t**3 - 3 * t**2 + 1) * left + (t**3 - 2 * t**2 + t) * length * out
                + (3 * t**2 - 2 * t**3) * right + (t**3 - t**2) * length * into
            )  # fmt: skip
    return found


def test_a_line_and_a_parabola_need_their_ends_alone():
    steps = np.arange(30.0)
    keys = reduce_keys(np.stack([2 * steps, (steps - 10) ** 2], 1), 1e-6)
    assert keys.index.tolist() == [0, 29]
    np.testing.assert_allclose(keys.after[0], [2, -20], atol=1e-6)
    np.testing.assert_allclose(keys.before[1], [2, 38], atol=1e-6)


def test_bounces_have_keys_where_they_touch_the_ground():
    """Three arcs of ten frames each; the corners are at 10 and 20."""
    along = np.arange(31) % 10 / 10
    keys = reduce_keys((along * (1 - along))[:, None], 1e-4)
    assert keys.index.tolist() == [0, 10, 20, 30]
    np.testing.assert_allclose(keys.before[1], -keys.after[1], atol=1e-6)


@pytest.mark.parametrize("tolerance", [0.2, 0.05, 0.02])
def test_keys_are_as_close_as_asked_for_and_no_more_than_need_be(tolerance):
    samples = np.cumsum(np.random.default_rng(0).normal(size=(80, 3)), 0) / 10
    keys = reduce_keys(samples, tolerance)
    assert np.abs(evaluated(keys, 80) - samples).max() <= tolerance * (1 + 1e-6)
    assert len(keys.index) < len(reduce_keys(samples, tolerance / 4).index)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_short_clips_are_fine(count):
    samples = np.arange(count)[:, None] ** 2.0
    keys = reduce_keys(samples, 1e-9)
    assert keys.index[0] == 0 and keys.index[-1] == count - 1
    np.testing.assert_allclose(evaluated(keys, count)[-1] if count > 1 else keys.values[-1], samples[-1])


def test_long_clips_have_a_key_now_and_then():
    keys = reduce_keys(np.arange(200.0)[:, None], 1e-3)
    assert len(keys.index) == 5 and np.diff(keys.index).max() <= 64
