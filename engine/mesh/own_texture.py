"""The texture of a mesh that is passed on as it came: its own pictures and coordinates where one asset can hold them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from engine.mesh.atlas import unwrap
from engine.mesh.bake import pad, rasterise
from engine.mesh.files.frame import Frame
from engine.mesh.files.paint import Paint
from engine.mesh.surface import Mesh
from engine.mesh.transfer import GREY

# Plain colours and pictures that fit beside each other in one picture of at most so many pixels a side.
MAX_TILES, MAX_SIDE = 64, 8192
# Pixels around a picture among others that repeat its rim, so that no mip level mixes it with its neighbours.
RIM = 4
# Colours that differ by less are one, a share of white.
SAME_COLOUR = 1 / 512
# Coordinates are an atlas where no more than this share of the texels belongs to several triangles.
OVERLAP = 0.01
# Coordinates reach so far beyond a picture by rounding.
BEYOND = 1e-4


@dataclass(frozen=True)
class OwnTexture:
    """uv float32 [T, 3, 2], origin bottom left; beyond [0, 1] the picture repeats. pictures: sRGB uint8 [height, width, 3], one
    for all frames or one a frame. baked: whether the colours were drawn anew, pixels a side, 0 where they are the file's."""

    uv: np.ndarray
    pictures: list[np.ndarray]
    baked: int = 0


def own_texture(frames: list[Frame], texture: int) -> OwnTexture:
    """Of frames that share their triangles. texture: pixels a side where colours have to be drawn anew."""
    looks, which = _looks(frames)
    given = next((frame.uv for frame in frames if frame.uv is not None), None)
    if not looks:
        grey = np.full((texture, texture, 3), round(255 * GREY), np.uint8)
        return OwnTexture(_float32(given if given is not None else _unwrapped(frames, texture)), [grey])
    own = [_one_picture(look) or _side_by_side(look) for look in looks]
    if all(each is not None and np.array_equal(each[0], own[0][0]) for each in own):
        return OwnTexture(own[0][0], _of_frames([picture for _, picture in own], which))
    uv = _float32(given) if given is not None and _is_atlas(given, texture) else _unwrapped(frames, texture)
    texels = rasterise(uv, texture)
    pictures = [pad(look.at(texels[2], texels[3]), texels, texture) for look in looks]
    return OwnTexture(uv, _of_frames(pictures, which), texture)


def _looks(frames: list[Frame]) -> tuple[list[Paint], list[int]]:
    """Paints that differ, and which each frame has; one without colours, or that lacks some of them, has those of the frame
    before."""
    whole = [frame.paint is not None and not frame.losses for frame in frames]
    if not any(whole):
        whole = [frame.paint is not None for frame in frames]
    if not any(whole):
        return [], []
    looks: list[Paint] = []
    which: list[int] = []
    for frame, has in zip(frames, whole, strict=True):
        if has and (not looks or frame.paint is not looks[which[-1]]):
            known = next((number for number, look in enumerate(looks) if look is frame.paint), None)
            looks += [frame.paint] if known is None else []
            which.append(len(looks) - 1 if known is None else known)
        else:
            which.append(which[-1] if which else 0)
    return looks, which


def _of_frames(pictures: list[np.ndarray], which: list[int]) -> list[np.ndarray]:
    """One where all are alike."""
    if all(np.array_equal(picture, pictures[0]) for picture in pictures):
        return pictures[:1]
    return [pictures[number] for number in which]


def _one_picture(look: Paint) -> tuple[np.ndarray, np.ndarray] | None:
    """Coordinates and picture of a look that shows one picture everywhere, in one tint."""
    shown = np.unique(look.image)
    if shown[0] < 0 or any(look.images[number] is not look.images[shown[0]] for number in shown):
        return None
    if np.ptp(look.tint.reshape(-1, 3), axis=0).max() > SAME_COLOUR:
        return None
    return _float32(look.uv), _tinted(look.images[shown[0]], look.tint[0, 0])


def _side_by_side(look: Paint) -> tuple[np.ndarray, np.ndarray] | None:
    """Coordinates and picture of a look of some pictures and plain colours, each of which gets a place in one picture."""
    if np.ptp(look.tint, axis=1).max() > SAME_COLOUR:
        return None
    first = {id(pixels): number for number, pixels in reversed(list(enumerate(look.images)))}
    image = np.array([first[id(pixels)] for pixels in look.images] + [-1])[look.image]
    keys, group = np.unique(np.column_stack([image, (look.tint[:, 0] / SAME_COLOUR).round()]), axis=0, return_inverse=True)
    group = group.reshape(-1)
    if len(keys) > MAX_TILES:
        return None
    pictured = (image >= 0)[:, None, None]
    # A picture that repeats is the same one a whole number further.
    shift = np.floor(look.uv.min(1) + BEYOND)[:, None]
    uv = np.where(pictured, look.uv - shift, 0.5)
    if uv.max() > 1 + BEYOND or uv.min() < -BEYOND:
        return None
    uv = uv.clip(0, 1)
    members = [np.flatnonzero(group == number)[0] for number in range(len(keys))]
    tiles = [
        _tinted(look.images[image[one]] if image[one] >= 0 else np.full((1, 1, 3), 255, np.uint8), look.tint[one, 0])
        for one in members
    ]
    places, width, height = _shelves([tile.shape[:2] for tile in tiles])
    if max(width, height) > MAX_SIDE:
        return None
    whole = np.zeros((height, width, 3), np.uint8)
    for tile, (top, left) in zip(tiles, places, strict=True):
        rimmed = np.pad(tile, ((RIM, RIM), (RIM, RIM), (0, 0)), "edge")
        whole[top : top + rimmed.shape[0], left : left + rimmed.shape[1]] = rimmed
    size = np.array([[tile.shape[1], tile.shape[0]] for tile in tiles])
    # From the bottom left corner of the whole.
    top, left = np.array(places).T
    corner = np.stack([left + RIM, height - top - RIM - size[:, 1]], 1)
    return _float32((corner[group][:, None] + uv * size[group][:, None]) / [width, height]), whole


def _shelves(sizes: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], int, int]:
    """Top and left of rectangles of height and width with their rims, in rows, and the whole's width and height."""
    outer = [(height + 2 * RIM, width + 2 * RIM) for height, width in sizes]
    wanted = max([ceil(sqrt(sum(height * width for height, width in outer))), *(width for _, width in outer)])
    places, top, left, row, right = [(0, 0)] * len(outer), 0, 0, 0, 0
    for number in sorted(range(len(outer)), key=lambda each: -outer[each][0]):
        height, width = outer[number]
        if left and left + width > wanted:
            top, left, row = top + row, 0, 0
        places[number], left, row = (top, left), left + width, max(row, height)
        right = max(right, left)
    return places, right, top + row


def _tinted(pixels: np.ndarray, tint: np.ndarray) -> np.ndarray:
    if (np.abs(tint - 1) <= SAME_COLOUR).all():
        return pixels
    return (pixels * tint.astype(np.float64)).round().clip(0, 255).astype(np.uint8)


def _is_atlas(uv: np.ndarray, texture: int) -> bool:
    """Whether the coordinates have a place of its own for every triangle."""
    (a, b), corner = (uv[:, 1:] - uv[:, :1]).swapaxes(0, 1), uv.reshape(-1, 2)
    if corner.min() < 0 or corner.max() > 1 or (a[:, 0] * b[:, 1] == a[:, 1] * b[:, 0]).any():
        return False
    row, column, _, weights = rasterise(uv, texture)
    # Neighbours share the texels on their edge.
    texels = (row * texture + column)[(weights > 1e-6).all(1)]
    return len(texels) > 0 and len(texels) - len(np.unique(texels)) <= OVERLAP * len(texels)


def _unwrapped(frames: list[Frame], texture: int) -> np.ndarray:
    """Of the largest frame."""
    largest = max(frames, key=lambda frame: frame.size)
    return unwrap(Mesh(largest.vertices, largest.triangles), texture)


def _float32(uv: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(uv, np.float32)
