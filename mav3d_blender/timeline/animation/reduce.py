"""Few keys where few suffice: samples at even times as smooth pieces, each a cubic between two keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# No piece spans more samples than this.
LONGEST = 64


@dataclass(frozen=True)
class Keys:
    """index int [keys]: at which samples. values [keys, channels]. before, after [keys, channels]: how much a value grows a
    sample, just before and after its key."""

    index: np.ndarray
    values: np.ndarray
    before: np.ndarray
    after: np.ndarray


def reduce_keys(samples: np.ndarray, tolerance: float) -> Keys:
    """The fewest keys, shared by all channels, whose cubics are within `tolerance` of samples [count, channels] at all of
    them."""
    count = len(samples)
    cost, start = np.full(count, np.inf), np.zeros(count, int)
    cost[0] = 0
    misses = {}
    for length in range(1, min(LONGEST, count - 1) + 1):
        slopes, miss = _fit(samples, length)
        misses[length] = slopes, miss
    for end in range(1, count):
        for length in range(1, min(LONGEST, end) + 1):
            miss = misses[length][1][end - length]
            # Among as few keys, those that miss least.
            whole = cost[end - length] + 1 + miss / (tolerance * 2 * count)
            if miss <= tolerance and whole < cost[end]:
                cost[end], start[end] = whole, end - length
    index = [count - 1]
    while index[-1] > 0:
        index.append(int(start[index[-1]]))
    index = np.array(index[::-1])
    before, after = np.zeros((2, len(index), samples.shape[1]))
    for key, (first, last) in enumerate(zip(index[:-1], index[1:], strict=True)):
        after[key], before[key + 1] = misses[last - first][0][:, first]
    if len(index) > 1:
        before[0], after[-1] = after[0], before[-1]
    return Keys(index, samples[index], before, after)


def _fit(samples: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The slopes [2, starts, channels] at both ends of the cubic over `length` samples from each start, and by how much it
    misses the worst of them, [starts]."""
    first, last = samples[:-length], samples[length:]
    if length == 1:
        return np.stack([last - first] * 2), np.zeros(len(first))
    fixed, free = _basis(length)
    windows = np.lib.stride_tricks.sliding_window_view(samples, length + 1, 0)[..., 1:-1]
    line = fixed[:, 0] * first[..., None] + fixed[:, 1] * last[..., None]
    slopes = (windows - line) @ np.linalg.pinv(free).T
    miss = np.abs(line + slopes @ free.T - windows).max((1, 2))
    return slopes.transpose(2, 0, 1), miss


@lru_cache(maxsize=LONGEST)
def _basis(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Hermite's cubics at the samples in between: of the two ends and of the two slopes, each [length - 1, 2]."""
    t = np.arange(1, length) / length
    ends = np.stack([2 * t**3 - 3 * t**2 + 1, -2 * t**3 + 3 * t**2], 1)
    slopes = length * np.stack([t**3 - 2 * t**2 + t, t**3 - t**2], 1)
    return ends, slopes
