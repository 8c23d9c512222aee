"""A sequence laid over the true body: where it stands and how large it is are taken out, what is left is its shape.

An artist may put a result anywhere and at any size. Each frame stands about its own centre of volume, as the true body does,
and one size, by the radius of gyration, serves the whole clip; where the whole-body motion changes it, each frame has its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluate.bodies.true_body import CELLS, TrueBody
from engine.evaluate.motion import volume_and_centroid
from engine.evaluate.solid_grid import solid_grid
from engine.evaluate.triangle_soup import TriangleSoup

# Motions that change the size of the whole body.
RESIZING = ("growing", "jumping")
# A thick or thin surface shifts the radius of gyration; sizes near it are tried.
SIZES = (0.94, 1.0, 1.06)
# Cubic metres.
LEAST_VOLUME = 1e-12


@dataclass(frozen=True)
class Aligned:
    """About the true middle, in the body's axes: triangles, [T, 3, 3] a frame; solids, bool [frames, CELLS, CELLS, CELLS]."""

    triangles: list[np.ndarray]
    solids: np.ndarray


def align(soups: list[TriangleSoup], true: TrueBody) -> Aligned:
    """Frames that follow one another, one for each of the true body's."""
    _, rotations, scales = true.placed
    turned = [(soup.triangles - volume_centre(soup.triangles)) @ rotation / scale
              for soup, rotation, scale in zip(soups, rotations, scales, strict=True)]  # fmt: skip
    wanted = np.array([np.sqrt((true.points[solid.ravel()] ** 2).sum(1).mean()) for solid in true.solids])
    size = wanted / np.array([radius_of_gyration(triangles) for triangles in turned])
    if true.words.whole not in RESIZING:
        size[:] = np.median(size)
    tried = [_sized(turned, factor * size, true) for factor in SIZES]
    return max(tried, key=lambda found: float(np.median(overlaps(found.solids, true.solids))))


def overlaps(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Intersection over union of solids in each frame, [frames]."""
    both, either = (ours & theirs).sum((1, 2, 3)), (ours | theirs).sum((1, 2, 3))
    return both / np.maximum(either, 1)


def volume_centre(triangles: np.ndarray) -> np.ndarray:
    """The centre of the volume [3] of closed triangles [T, 3, 3]; the mean corner where they hold none."""
    middle = triangles.reshape(-1, 3).mean(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        volume, centre = volume_and_centroid(triangles - middle)
    return middle + centre if volume > LEAST_VOLUME else middle


def radius_of_gyration(triangles: np.ndarray) -> float:
    """Root mean square distance from the origin of what is in closed triangles [T, 3, 3], metres."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    parts = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    squares = sum(np.einsum("ij,ij->i", u, v) for u, v in ((a, a), (b, b), (c, c), (a, b), (b, c), (c, a)))
    return float(np.sqrt(max((parts * squares).sum() / 10, 1e-12) / max(parts.sum(), 1e-12)))


def _sized(turned: list[np.ndarray], size: np.ndarray, true: TrueBody) -> Aligned:
    triangles = [factor * each for factor, each in zip(size, turned, strict=True)]
    return Aligned(triangles, np.stack([solid_grid(each, true.low, true.high, CELLS) for each in triangles]))
