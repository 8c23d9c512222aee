"""The name that a palette has for what is seen."""

from __future__ import annotations

import colorsys

import numpy as np

GREYEST = 0.25


def nearest_colour(samples: np.ndarray, palette: dict[str, list[float]], weights: np.ndarray | None = None) -> str:
    """The palette's colour that most of the samples (sRGB [N, 3]) are nearest to, by hue where they have one.

    palette: sRGB in [0, 1] by name. weights: how much of what is seen each stands for, [N]; all alike if left out.
    """
    votes: dict[str, float] = dict.fromkeys(palette, 0.0)
    hues = {name: colorsys.rgb_to_hsv(*value)[0] for name, value in palette.items() if name != "white"}
    for sample, weight in zip(samples, np.ones(len(samples)) if weights is None else weights, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*sample)
        if saturation < GREYEST:
            votes["white"] += value * weight
            continue
        name = min(hues, key=lambda n: min(abs(hue - hues[n]), 1 - abs(hue - hues[n])))
        votes[name] += saturation * value * weight
    return max(votes, key=votes.__getitem__)
