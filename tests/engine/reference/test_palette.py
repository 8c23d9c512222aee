import numpy as np
from engine.evaluate.colour import nearest_colour

from engine.models.world.clips import COLOURS


def test_colours_are_told_apart_in_light_and_shade():
    for name, colour in COLOURS.items():
        shades = np.array(colour) * np.linspace(0.4, 1, 50)[:, None]
        assert nearest_colour(shades) == name


def test_what_covers_more_counts_more():
    both = np.array([COLOURS["red"], COLOURS["blue"]])
    assert nearest_colour(both, np.array([1.0, 3.0])) == "blue"
    assert nearest_colour(both, np.array([3.0, 1.0])) == "red"
