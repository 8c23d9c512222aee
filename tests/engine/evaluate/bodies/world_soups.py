"""What a perfect run would leave: the analytic world's own surfaces, as triangle soups."""

import numpy as np
import skimage.measure
import torch

from engine.evaluate.triangle_soup import TriangleSoup
from engine.models.world import scene
from engine.models.world.placements import placement
from engine.models.world.tracing import tone_table
from engine.models.world.words.lexicon import Words
from engine.scene.frame_times import frame_times

REACH, CELLS, FRAMES = 0.86, 56, 8
LIGHT = 0.85


def world_soups(words: Words, frames: int = FRAMES) -> list[TriangleSoup]:
    """The body that `words` say, frame by frame, in an even light."""
    times = frame_times(frames)
    proportions, size = ("", words.size) if words.size in ("small", "large") else (words.size, "")
    moments = scene.moments(words.object, words.limb, times, proportions, words.cycles[0])
    placed = zip(*(value.numpy() for value in placement(words.whole, times, size, words.cycles[1])), strict=True)
    return [_soup(words, moments, frame, *where) for frame, where in enumerate(placed)]


def _soup(words: Words, moments: scene.Moments, frame: int, centre, rotation, scale) -> TriangleSoup:
    axis = torch.linspace(-REACH, REACH, CELLS)
    points = torch.cartesian_prod(axis, axis, axis).T.contiguous()
    distance = moments.distance(frame, points).view(CELLS, CELLS, CELLS).numpy()
    vertices, faces, _, _ = skimage.measure.marching_cubes(distance, 0.0, spacing=[2 * REACH / (CELLS - 1)] * 3)
    local = (vertices - REACH)[faces]
    table = tone_table()[moments.tones(frame, torch.from_numpy(local.mean(1)).float().T.contiguous())].numpy()
    first, second = (np.array(colour) for colour in words.colours)
    colours = table[:, :1] * first + table[:, 1:2] * second + table[:, 2:5]
    return TriangleSoup((local * scale) @ rotation.T + centre, LIGHT * colours)
