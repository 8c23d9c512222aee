"""How near a sequence's path, size and turn are to what the whole body should do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluate.bodies.alignment import Aligned, overlaps, volume_centre
from engine.evaluate.bodies.true_body import CELLS, TrueBody
from engine.evaluate.motion import volume_and_centroid
from engine.evaluate.solid_grid import solid_grid
from engine.evaluate.triangle_soup import TriangleSoup

# Less than this is no motion: metres of the path's root mean square, and the same of the logarithm of the size.
CALM_PATH, CALM_SIZE = 0.05, 0.1
# Turns about Z that are tried in place of the true one, and in how many frames.
TURNS, TURNED_FRAMES = 8, 5
# Of a body that looks much the same when it is turned, the overlap says nothing within this.
ALIKE = 0.03


@dataclass(frozen=True)
class WholeMotion:
    """path, size: root mean square error as a share of the true motion's; where there should be none, what there is as a share
    of the most that counts as none. turned: the share of frames that another turn about Z fits better."""

    path: float
    size: float
    turned: float


def whole_motion(soups: list[TriangleSoup], aligned: Aligned, true: TrueBody) -> WholeMotion:
    """Of frames that follow one another. Where it starts from and how large it is do not matter."""
    centre, rotation, scale = true.placed
    true_path = np.einsum("fij,fj->fi", rotation, scale * true.middles) + centre
    true_volume = true.solids.sum((1, 2, 3)) * scale.prod(1)
    path = np.stack([volume_centre(soup.triangles) for soup in soups])
    size = np.log(np.maximum([volume_and_centroid(soup.triangles)[0] for soup in soups], 1e-9)) / 3
    # In the truth's metres.
    cell = ((true.high - true.low) / CELLS).prod()
    metres = np.exp(np.mean(np.log(np.maximum(true_volume * cell, 1e-9)) / 3 - size))
    return WholeMotion(
        _error(metres * path, true_path, CALM_PATH), _error(size[:, None], np.log(true_volume)[:, None] / 3, CALM_SIZE),
        _turned(aligned, true),
    )  # fmt: skip


def _error(ours: np.ndarray, theirs: np.ndarray, calm: float) -> float:
    """Of what changes over the frames [frames, n]."""
    ours, theirs = ours - ours.mean(0), theirs - theirs.mean(0)
    true_size = np.sqrt((theirs**2).sum(1).mean())
    error = np.sqrt(((ours - theirs) ** 2).sum(1).mean())
    return float(error / max(true_size, calm))


def _turned(aligned: Aligned, true: TrueBody) -> float:
    """By turning frames about Z in place."""
    frames = np.linspace(0, len(aligned.triangles) - 1, TURNED_FRAMES).round().astype(int)
    wrong = []
    for frame in frames:
        triangles, target = aligned.triangles[frame], true.solids[frame, None]
        found = []
        for turn in 2 * np.pi * np.arange(TURNS) / TURNS:
            cos, sin = np.cos(turn), np.sin(turn)
            rotation = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
            solid = solid_grid(triangles @ rotation, true.low, true.high, CELLS)
            found.append(float(overlaps(solid[None], target)[0]))
        wrong.append(found[0] < max(found) - ALIKE)
    return float(np.mean(wrong))
