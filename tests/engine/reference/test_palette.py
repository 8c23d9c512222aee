import numpy as np

from engine.contract.words import PALETTE
from engine.reference.palette import nearest_colour


def test_colours_are_told_apart_in_light_and_shade():
    for name, colour in PALETTE.items():
        shades = np.array(colour) * np.linspace(0.4, 1, 50)[:, None]
        assert nearest_colour(shades, PALETTE) == name


def test_what_covers_more_counts_more():
    both = np.array([PALETTE["red"], PALETTE["blue"]])
    assert nearest_colour(both, PALETTE, np.array([1.0, 3.0])) == "blue"
    assert nearest_colour(both, PALETTE, np.array([3.0, 1.0])) == "red"
