"""Matting: an object's alpha, from the picture's own or against a background that is evidently plain."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from engine.contract.errors import EngineError

# The alpha below which a pixel counts as transparent, and the one from which it counts as the object.
TRANSPARENT, SOLID = 0.1, 0.5
# How far from a smooth background nine border pixels in ten, and half of them, may be, sRGB: more, and it is not plain.
PLAIN, PLAIN_HALF = 0.06, 0.03
# What differs from the background by less is background; and so is what nowhere differs by more than the other.
MIN_CONTRAST, MIN_PEAK = 0.03, 0.08
# Shares: of the border that an object may touch; of the largest piece that other pieces must have; of the object that a hole
# must have.
MAX_BORDER, MIN_PIECE, MIN_HOLE = 0.04, 0.02, 0.003
MIN_PIXELS = 8
# Pixels from the edge of a hole within which what is round it has to stand out.
RIM = 3
# A gap this wide, a share of the object's size, is part of it.
NARROW = 0.06


class ImageError(EngineError):
    kind = "photo"


def remove_background(pixels: np.ndarray, name: str) -> np.ndarray:
    """sRGB and alpha float32 [H, W, 4] in [0, 1] with the object's own alpha, and its colours carried on beyond its outline.

    name: of the picture, for sentences. Raises ImageError where the object can't be separated from what is round it.
    """
    own = bool((pixels[..., 3] < TRANSPARENT).any())
    alpha = pixels[..., 3] if own else _against_plain(pixels[..., :3], name)
    solid = _whole_pieces(alpha > SOLID)
    # Soft edges of what stays, nothing else.
    alpha = np.where(ndimage.binary_dilation(solid, iterations=2), alpha, 0.0)
    if not solid.any():
        why = "it is transparent all over" if own else "nothing stands out from the background"
        raise ImageError(f"There is no object in the picture {name}, {why}: give a picture of one object.")
    top, bottom, left, right = object_box(alpha)
    across = max(bottom - top, right - left)
    if across < MIN_PIXELS:
        raise ImageError(f"The object in the picture {name} is only {across} pixels across: come closer.")
    touching = _border(solid[..., None], 1).mean()
    if touching > MAX_BORDER:
        raise ImageError(
            f"The object runs out of the picture {name}: leave a margin round it, or remove the background and save a PNG with "
            "transparency."
        )
    return np.concatenate([_carried_on(pixels[..., :3], solid), alpha[..., None]], -1).astype(np.float32)


def object_box(alpha: np.ndarray) -> tuple[int, int, int, int]:
    """First and past-the-last row, first and past-the-last column of what is solid in alpha [H, W]."""
    rows, columns = (np.flatnonzero((alpha > SOLID).any(axis)) for axis in (1, 0))
    return (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) if len(rows) else (0, 0, 0, 0)


def _against_plain(colours: np.ndarray, name: str) -> np.ndarray:
    """Alpha [H, W] of what differs from a plain background. Raises ImageError where the border [H, W, 3] is not plain."""
    behind, spread = _background(colours)
    off = np.abs(colours - behind).max(-1)
    border = _border(off[..., None], _band(off.shape))[:, 0]
    if np.quantile(border, 0.9) > PLAIN or np.quantile(border, 0.5) > PLAIN_HALF:
        raise ImageError(
            f"The background of the picture {name} is not plain, so the object can't be separated from it: remove the "
            "background and save a PNG with transparency."
        )
    different = off > max(MIN_CONTRAST, 4 * spread)
    pieces, count = ndimage.label(different)
    different &= (ndimage.maximum(off, pieces, np.arange(count + 1)) > MIN_PEAK)[pieces]
    different = _closed(different)
    outside, count = ndimage.label(~different)
    reaching = np.unique(_border(outside[..., None], 1))
    # A hole shows the background as it is; a highlight only comes near it.
    sizes = np.bincount(outside.ravel(), minlength=count + 1)
    offsets = np.bincount(outside.ravel(), off.ravel(), count + 1) / np.maximum(sizes, 1)
    sizes[0] = 0
    open_enough = (sizes > MIN_HOLE * different.sum()) & (offsets < max(0.02, 1.5 * spread))
    holes = [label for label in np.flatnonzero(open_enough) if _has_an_edge(outside == label, off)]
    background = np.isin(outside, [label for label in {*reaching.tolist(), *holes} if label])
    return _soft(~background, off)


def _has_an_edge(hole: np.ndarray, off: np.ndarray) -> bool:
    """Whether what is round a hole stands out from the background at once; shading that passes through it does not."""
    near = ndimage.binary_dilation(hole, iterations=RIM) & ~ndimage.binary_dilation(hole)
    return bool(near.any() and np.median(off[near]) > MIN_PEAK)


def _background(colours: np.ndarray) -> tuple[np.ndarray, float]:
    """A smooth background [H, W, 3] through the border's pixels, and how far those that fit it scatter."""
    height, width = colours.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2], -1)
    band = _band((height, width))
    known, seen = _border(terms, band), _border(colours, band)
    kept = np.ones(len(known), bool)
    for _ in range(6):
        weights = np.linalg.lstsq(known[kept], seen[kept], rcond=None)[0]
        off = np.abs(seen - known @ weights).max(-1)
        # What an object covers of the border is left out; a touch of slack for a perfectly even one.
        kept = off <= max(3 * np.median(off), 0.01)
    return terms @ weights, float(off[kept].std())


def _soft(solid: np.ndarray, off: np.ndarray) -> np.ndarray:
    """Alpha of what is solid: a pixel on its edge is as solid as it differs from the background, in shares of what the object
    behind that edge does. In a small picture such pixels are much of the object."""
    inside = ndimage.binary_erosion(solid, iterations=2)
    if not inside.any():
        return solid.astype(np.float32)
    nearest = tuple(ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True))
    share = np.clip(off / np.maximum(off[nearest], MIN_CONTRAST), 0, 1)
    return np.where(solid & ~inside, share, solid).astype(np.float32)


def _closed(solid: np.ndarray) -> np.ndarray:
    """With narrow gaps filled, such as where shading passes through the very brightness of the background."""
    top, bottom, left, right = object_box(solid.astype(np.float32))
    reach = NARROW * max(bottom - top, right - left) / 2
    if reach < 1:
        return solid
    room = int(reach) + 2
    near = ndimage.distance_transform_edt(~np.pad(solid, room)) <= reach
    return (ndimage.distance_transform_edt(near) > reach)[room:-room, room:-room] | solid


def _band(shape: tuple[int, ...]) -> int:
    return max(2, min(shape[:2]) // 50)


def _border(values: np.ndarray, band: int) -> np.ndarray:
    """The values [H, W, C] within `band` pixels of the border, [N, C]."""
    inner = np.zeros(values.shape[:2], bool)
    inner[band:-band, band:-band] = True
    return values[~inner]


def _whole_pieces(solid: np.ndarray) -> np.ndarray:
    """Without specks."""
    pieces, count = ndimage.label(solid)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    return (sizes > MIN_PIECE * sizes.max())[pieces] & solid


def _carried_on(colours: np.ndarray, solid: np.ndarray) -> np.ndarray:
    """Colours of the object's inside everywhere: its edge is mixed with what was behind it."""
    inside = ndimage.binary_erosion(solid, iterations=2)
    nearest = ndimage.distance_transform_edt(~(inside if inside.any() else solid), return_distances=False, return_indices=True)
    return colours[tuple(nearest)]
