"""What the analytic world has in each frame of a prompt: the solid about its centre of volume, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.models.world import scene
from engine.models.world.placements import placement
from engine.models.world.words.lexicon import Words
from engine.scene.frame_times import frame_times

CELLS = 56
# The box reaches this far beyond the body, in its sizes.
MARGIN = 0.12
REACH = 0.86


@dataclass(frozen=True)
class TrueBody:
    """words: what is shown. moments: the body, frame by frame. placed: centre [frames, 3], rotation [frames, 3, 3] and scale
    [frames, 3] that take the body's axes to the scene. middles: the centre of its volume in the body's axes, [frames, 3].
    low, high: the box [3] of the grid, about the middle. solids: bool [frames, CELLS, CELLS, CELLS], indexed [x, y, z]."""

    words: Words
    moments: scene.Moments
    placed: tuple[np.ndarray, np.ndarray, np.ndarray]
    middles: np.ndarray
    low: np.ndarray
    high: np.ndarray
    solids: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """Centres of the cells about the middle, [CELLS^3, 3]."""
        return _centres(self.low, self.high, CELLS)

    def tones(self, points: np.ndarray, frame: int) -> np.ndarray:
        """Tones of the surface at points about the middle [P, 3], [P]."""
        return self.moments.tones(frame, _columns(points + self.middles[frame])).numpy()


def true_body(words: Words, frames: int) -> TrueBody:
    """The body that `words` say in a clip of `frames` frames."""
    times = frame_times(frames)
    proportions, size = ("", words.size) if words.size in ("small", "large") else (words.size, "")
    moments = scene.moments(words.object, words.limb, times, proportions, words.cycles[0])
    middles, low, high = _middles_and_box(moments, frames)
    points = _centres(low, high, CELLS)
    solids = np.stack([_solid(moments, frame, points + middles[frame]).reshape([CELLS] * 3) for frame in range(frames)])
    placed = tuple(value.double().numpy() for value in placement(words.whole, times, size, words.cycles[1]))
    return TrueBody(words, moments, placed, middles, low, high, solids)


def _middles_and_box(moments: scene.Moments, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The volume's centre in each frame, [frames, 3]; and what holds the body about it over the clip, with a margin."""
    coarse = _centres(np.full(3, -REACH), np.full(3, REACH), CELLS)
    held = [coarse[_solid(moments, frame, coarse)] for frame in range(frames)]
    middles = np.stack([points.mean(0) for points in held])
    about = np.concatenate([points - middle for points, middle in zip(held, middles, strict=True)])
    margin = MARGIN * np.ptp(about, 0).max()
    return middles, about.min(0) - margin, about.max(0) + margin


def _solid(moments: scene.Moments, frame: int, points: np.ndarray) -> np.ndarray:
    return (moments.distance(frame, _columns(points)) < 0).numpy()


def _columns(points: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(points).float().T.contiguous()


def _centres(low: np.ndarray, high: np.ndarray, cells: int) -> np.ndarray:
    axes = [low[axis] + (np.arange(cells) + 0.5) / cells * (high - low)[axis] for axis in range(3)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
