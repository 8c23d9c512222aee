"""The colours of a result's parts beside those that the prompt says."""

from __future__ import annotations

import numpy as np

from engine.evaluate.bodies.true_body import TrueBody
from engine.models.world.body import PRIMARY, SECONDARY
from engine.models.world.words.lexicon import COLOURS, DARK

# A part with a smaller share of the surface is not looked at.
LEAST_SHARE = 0.06
# How much light textures have in them, at least and at most; and what a factor's logarithm costs beside a distance in sRGB.
LIGHT, LIGHT_COST = (0.45, 1.1), 0.15
# A colour this near is right, whatever other is nearer still.
NEAR, FAR = 0.1, 0.22


def part_colours(triangles: np.ndarray, colours: np.ndarray, true: TrueBody, frame: int) -> dict[int, np.ndarray]:
    """The mean colour, sRGB [3], of what is the prompt's colour (PRIMARY) and its second one (SECONDARY), where they are large
    enough. triangles [T, 3, 3] of a frame in the true body's axes, about its middle, colours [T, 3]."""
    tones = true.tones(triangles.mean(1), frame)
    areas = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    shares = {tone: areas[tones == tone].sum() / areas.sum() for tone in (PRIMARY, SECONDARY)}
    return {tone: np.average(colours[tones == tone], 0, areas[tones == tone])
            for tone, share in shares.items() if share >= LEAST_SHARE}  # fmt: skip


def colours_right(found: dict[int, np.ndarray], true: TrueBody) -> bool:
    """Whether each part's colour is the one said: near it, and nearer to it than to any other of the words' colours. A second
    colour that is the first one darkened has no name, and may pass for another in some light."""
    said = {tone: np.array(colour) for tone, colour in zip((PRIMARY, SECONDARY), true.words.colours, strict=True)}
    named = {PRIMARY: True, SECONDARY: true.words.second != DARK}
    return all(is_colour(colour, said[tone], named[tone]) for tone, colour in found.items())


def is_colour(colour: np.ndarray, said: np.ndarray, named: bool = True) -> bool:
    """Whether a texture's mean colour, sRGB [3], is the one said, sRGB [3], in some light; named: and not another of the
    words'."""
    distance = _distance(colour, said)
    if not named:
        return distance < FAR
    nearest = min(_distance(colour, np.array(other)) for other in COLOURS.values())
    return distance < NEAR or (distance < FAR and distance <= nearest + 0.02)


def _distance(colour: np.ndarray, said: np.ndarray) -> float:
    """In sRGB, in the light that suits best."""
    light = np.clip(colour @ said / max(said @ said, 1e-9), *LIGHT)
    return float(np.linalg.norm(colour - light * said) + LIGHT_COST * abs(np.log(light / 0.85)))
