"""All keys of one curve as arrays, so that they can be turned round, stretched, closed to a loop and written back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np

from .keyframes import ALIGNED, AUTO_CLAMPED, FREE, INTERPOLATIONS
from .reduce import Keys


@dataclass(frozen=True)
class Curve:
    """co, left, right float64 [keys, 2]: frame and value of each key and of its handles. kinds int32 [keys, 2]: types of these.
    interpolation int32 [keys]: from each key to the next. All numbers are Blender's own."""

    co: np.ndarray
    left: np.ndarray
    right: np.ndarray
    kinds: np.ndarray
    interpolation: np.ndarray

    @property
    def frames(self) -> np.ndarray:
        return self.co[:, 0]

    @property
    def values(self) -> np.ndarray:
        return self.co[:, 1]

    @classmethod
    def read(cls, curve: bpy.types.FCurve) -> Curve:
        count, found = len(curve.keyframe_points), {}
        for name, kind, width in PARTS:
            found[name] = np.empty(count * width, kind)
            curve.keyframe_points.foreach_get(name, found[name])
        co, left, right = (np.float64(found[name].reshape(-1, 2)) for name in ("co", "handle_left", "handle_right"))
        kinds = np.stack([found["handle_left_type"], found["handle_right_type"]], 1)
        return cls(co, left, right, kinds, found["interpolation"])

    @classmethod
    def linear(cls, frames: np.ndarray, values: np.ndarray) -> Curve:
        """Straight from key to key, at frames [keys]."""
        co, count = np.stack([frames, values], 1), len(frames)
        kinds, straight = np.full((count, 2), AUTO_CLAMPED, np.int32), np.full(count, INTERPOLATIONS["LINEAR"], np.int32)
        return cls(co, co.copy(), co.copy(), kinds, straight)

    @classmethod
    def smooth(cls, frames: np.ndarray, keys: Keys) -> Curve:
        """Of one channel, whose samples were at even frames [count]."""
        step, at = frames[1] - frames[0], frames[keys.index]
        gaps = np.diff(keys.index, prepend=keys.index[0] - 1, append=keys.index[-1] + 1) / 3
        value, count = keys.values[:, 0], len(at)
        left = np.stack([at - gaps[:-1] * step, value - gaps[:-1] * keys.before[:, 0]], 1)
        right = np.stack([at + gaps[1:] * step, value + gaps[1:] * keys.after[:, 0]], 1)
        kinds, bezier = np.full((count, 2), FREE, np.int32), np.full(count, INTERPOLATIONS["BEZIER"], np.int32)
        return cls(np.stack([at, value], 1), left, right, kinds, bezier)

    def write(self, curve: bpy.types.FCurve) -> None:
        """Replaces all keys of `curve`; whether keys are selected is not kept."""
        points = curve.keyframe_points
        if len(points) != len(self.co):
            points.clear()
            points.add(len(self.co))
        arrays = {
            "co": self.co, "interpolation": self.interpolation, "handle_left_type": self.kinds[:, 0],
            "handle_right_type": self.kinds[:, 1], "handle_left": self.left, "handle_right": self.right,
        }  # fmt: skip
        for name, kind, _ in PARTS:
            points.foreach_set(name, np.ascontiguousarray(arrays[name], kind).ravel())
        curve.update()

    def turned_round(self, first: float, last: float) -> Curve:
        """What was at `last` is at `first`, and the other way round."""
        def mirrored(points: np.ndarray) -> np.ndarray:
            return np.stack([first + last - points[::-1, 0], points[::-1, 1]], 1)

        # A key says how it goes on from there: of a piece that is now the key at its other end.
        between = np.concatenate([self.interpolation[:-1][::-1], self.interpolation[-1:]])
        return Curve(mirrored(self.co), mirrored(self.right), mirrored(self.left), self.kinds[::-1, ::-1], between)

    def stretched(self, first: float, factor: float) -> Curve:
        """All frames `factor` times as far from `first`; a key that comes near a whole frame is on it."""
        def moved(points: np.ndarray) -> np.ndarray:
            return np.stack([first + factor * (points[:, 0] - first), points[:, 1]], 1)

        co = moved(self.co)
        whole = np.abs(co[:, 0] - np.round(co[:, 0])) < WHOLE
        co[whole, 0] = np.round(co[whole, 0])
        return replace(self, co=co, left=moved(self.left), right=moved(self.right))

    def reaching(self, first: float, last: float) -> Curve:
        """With keys at these frames as well, where it begins after the one or ends before the other; what it shows stays."""
        found = self
        if found.frames[0] > first + WHOLE:
            found = found._with_flat(0, first)
        return found._with_flat(len(found.co), last) if found.frames[-1] < last - WHOLE else found

    def _with_flat(self, place: int, frame: float) -> Curve:
        """With one more key, the first or the last, and no change between it and the one beside."""
        beside = min(place, len(self.co) - 1)
        key, step = np.array([frame, self.co[beside, 1]]), np.array([abs(frame - self.co[beside, 0]) / 3, 0.0])
        between = self.interpolation.copy()
        straight = between[beside] if between[beside] == INTERPOLATIONS["CONSTANT"] else INTERPOLATIONS["LINEAR"]
        if place:
            between[-1] = straight
        return Curve(
            np.insert(self.co, place, key, 0), np.insert(self.left, place, key - step, 0),
            np.insert(self.right, place, key + step, 0), np.insert(self.kinds, place, AUTO_CLAMPED, 0),
            np.insert(between, place, straight),
        )  # fmt: skip

    def closed(self, gap: float, value: float) -> Curve:
        """With one more key, of this value, `gap` frames after the last, at which it goes on as at the first."""
        last, end = self.co[-1], np.array([self.co[-1, 0] + gap, value])
        slope, start = (_slope(last, self.left[-1]), _slope(self.co[0], self.right[0]))
        right = self.right.copy()
        right[-1] = last + np.array([gap, slope * gap]) / 3
        step = np.array([gap, start * gap]) / 3
        kinds = np.concatenate([self.kinds, [[ALIGNED, ALIGNED] if self.kinds[0, 1] in (FREE, ALIGNED) else self.kinds[0]]])
        interpolation = np.concatenate([self.interpolation[:-1], self.interpolation[:1], self.interpolation[-1:]])
        return Curve(
            np.concatenate([self.co, [end]]), np.concatenate([self.left, [end - step]]), np.concatenate([right, [end + step]]),
            np.int32(kinds), interpolation,
        )  # fmt: skip

    def opened(self) -> Curve:
        """Without its last key."""
        return Curve(*(each[:-1] for each in (self.co, self.left, self.right, self.kinds, self.interpolation)))


# As Blender has them, in the order in which they have to be written, and how many numbers each key has.
PARTS = (
    ("co", np.float32, 2), ("interpolation", np.int32, 1), ("handle_left_type", np.int32, 1),
    ("handle_right_type", np.int32, 1), ("handle_left", np.float32, 2), ("handle_right", np.float32, 2),
)  # fmt: skip
# Keys this near a whole frame are meant to be on it.
WHOLE = 1e-3


def _slope(key: np.ndarray, handle: np.ndarray) -> float:
    """Of a curve at a key, a frame."""
    across = handle[0] - key[0]
    return float((handle[1] - key[1]) / across) if across else 0.0
