"""What the benchmark of assets measures on a mesh, against known ones."""

import numpy as np
import pytest

from scripts.benchmark.assets import evenness, turn

SQUARE = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0.0]])


def test_a_quarter_turn_in_two_steps_while_it_slides_is_ninety_degrees():
    half = np.sqrt(0.5)
    eighth = SQUARE @ np.array([[half, half, 0], [-half, half, 0], [0, 0, 1]]) + [2, 0, 0]
    quarter = SQUARE[[1, 2, 3, 0]] + [4, 1, 0]
    assert turn(np.stack([SQUARE, eighth, quarter])) == pytest.approx(90)


def test_a_right_angled_pair_has_angles_of_45_degrees_and_one_of_two_sizes_varies():
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]])
    angle, vary = evenness(square[None], np.array([[0, 1, 2], [0, 2, 3]]))
    assert angle == pytest.approx(45) and vary == pytest.approx(0)
    # Areas 1/2 and 3/2: one half off the mean of one, either way.
    angle, vary = evenness(np.array([[[0, 0, 0], [1, 0, 0], [1, 1, 0], [-3, 0, 0.0]]]), np.array([[0, 1, 2], [0, 2, 3]]))
    assert vary == pytest.approx(0.5)
