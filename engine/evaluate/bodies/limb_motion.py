"""How much of the limbs' motion is there, and in phase: what of the solid changes over the clip, beside what should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

# Standard deviation of the blur, cells: a limb that is half its width beside its place is still that limb.
BLUR = 1.5


@dataclass(frozen=True)
class LimbMotion:
    """phase: correlation of the solid's change over time with the true one's, -1 to 1; amplitude: the share of the true change
    that is there, 1 for all. Both 0 where nothing moves."""

    phase: float
    amplitude: float

    @property
    def explained(self) -> float:
        """1 less the squared error of the change as a share of the true change's; negative where it is worse than none."""
        if self.phase == 0:
            return 0.0
        return 2 * self.amplitude - (self.amplitude / self.phase) ** 2


def limb_motion(ours: np.ndarray, theirs: np.ndarray) -> LimbMotion:
    """Of aligned solids, bool [frames, n, n, n] each."""
    change, true_change = _change(ours), _change(theirs)
    size, true_size = np.sqrt((change**2).sum()), np.sqrt((true_change**2).sum())
    if size < 1e-9 or true_size < 1e-9:
        return LimbMotion(0.0, 0.0)
    common = float((change * true_change).sum())
    return LimbMotion(common / float(size * true_size), common / float(true_size**2))


def _change(solids: np.ndarray) -> np.ndarray:
    """What differs from the mean over the clip, blurred, [frames, n, n, n]."""
    blurred = np.stack([gaussian_filter(solid.astype(np.float32), BLUR) for solid in solids])
    return blurred - blurred.mean(0)
