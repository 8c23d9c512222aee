"""The colours of a surface: of its corners, times pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.mesh.picture import read_texture


@dataclass(frozen=True)
class Paint:
    """tint: sRGB [T, 3 corners, 3] in [0, 1]; uv: of the corners, [T, 3, 2], origin bottom left, repeating
    beyond [0, 1]; image: which of `images` a triangle shows, int [T], -1 for none; images: sRGB uint8 [height, width, 3].

    A triangle's colour is its tint times its picture. Both are multiplied as they are stored: the standards multiply linear
    light, which for sRGB is the same within a hundredth or two.
    """

    tint: np.ndarray
    uv: np.ndarray
    image: np.ndarray
    images: list[np.ndarray]

    @classmethod
    def of_corners(cls, tint: np.ndarray) -> Paint:
        """Without pictures."""
        return cls(tint, np.zeros((len(tint), 3, 2)), np.full(len(tint), -1), [])

    def at(self, triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The colours at places on triangles [N] with weights of their corners [N, 3]; [N, 3] in [0, 1]."""
        colours = np.einsum("nk,nkc->nc", weights, self.tint[triangle])
        places = np.einsum("nk,nkc->nc", weights, self.uv[triangle])
        image = self.image[triangle]
        for number, pixels in enumerate(self.images):
            here = image == number
            if here.any():
                at = places[here]
                # The far edge is an edge, not the near one again.
                colours[here] *= read_texture(pixels, np.where((at < 0) | (at > 1), at % 1.0, at))
        return colours

    def of_vertices(self, triangles: np.ndarray, count: int) -> np.ndarray:
        """The mean of the corners at each of `count` vertices of triangles [T, 3]; [count, 3] in [0, 1]."""
        corners = np.eye(3)
        total = np.zeros((count, 3))
        for corner in range(3):
            colours = self.at(np.arange(len(triangles)), np.tile(corners[corner], (len(triangles), 1)))
            np.add.at(total, triangles[:, corner], colours)
        return total / np.maximum(np.bincount(triangles.ravel(), minlength=count), 1)[:, None]

    def equals(self, other: Paint) -> bool:
        """Whether another paint of the same triangles is the same."""
        if len(self.images) != len(other.images) or any(a is not b for a, b in zip(self.images, other.images, strict=True)):
            return False
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("tint", "uv", "image"))

    def mirrored(self) -> Paint:
        """Of the same triangles with their corners in the other order."""
        return replace(self, tint=self.tint[:, ::-1], uv=self.uv[:, ::-1])

    def only(self, which: np.ndarray) -> Paint:
        """Of some of the triangles, in single precision: whole sequences are held at once."""
        tint, uv = self.tint[which].astype(np.float32), self.uv[which].astype(np.float32)
        return replace(self, tint=tint, uv=uv, image=self.image[which].astype(np.int32))


def joined(paints: list[Paint | None], counts: list[int]) -> Paint | None:
    """The colours of several surfaces of `counts` triangles as of one; None where none has any, white where one has none."""
    if all(paint is None for paint in paints):
        return None
    whole = [Paint.of_corners(np.ones((count, 3, 3))) if p is None else p for p, count in zip(paints, counts, strict=True)]
    images: list[np.ndarray] = []
    numbers = []
    for paint in whole:
        numbers.append(np.where(paint.image >= 0, paint.image + len(images), -1))
        images += paint.images
    tint, uv = (np.concatenate([getattr(paint, name) for paint in whole]) for name in ("tint", "uv"))
    return Paint(tint, uv, np.concatenate(numbers), images)


def coordinates(values: np.ndarray) -> np.ndarray:
    """Texture coordinates as numbers that can be reckoned with: what is not finite becomes 0, float64."""
    return np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0).clip(-1e6, 1e6)


def srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] as sRGB (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
