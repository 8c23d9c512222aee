"""Keyframes from arrays, a whole curve at once."""

from __future__ import annotations

import bpy
import numpy as np

from .. import compat
from .reduce import Keys
from .timing import Timing

# Blender's own numbers for the interpolation and handle type of a keyframe.
INTERPOLATIONS = {"CONSTANT": 0, "LINEAR": 1, "BEZIER": 2}
FREE, ALIGNED, AUTO_CLAMPED = 0, 3, 4


# How Blender's cycles modifier goes on, for what `Timing.repeat` says.
CYCLES = {"LOOP": "REPEAT", "PING_PONG": "MIRROR"}


def write_curve(
    owner: bpy.types.ID, data_path: str, frames: np.ndarray, values: np.ndarray, interpolation: str, repeat: str = "HOLD"
) -> None:
    """Animates a property: values[i] at frames[i] (both [keys]), frames rising.

    interpolation: "CONSTANT" or "LINEAR". repeat: what comes before and after, as in `Timing`; the first and last key are where
    it begins again or turns round.
    """
    curve = compat.new_fcurve(owner, data_path)
    count = len(frames)
    points = curve.keyframe_points
    points.add(count)
    points.foreach_set("co", np.stack([frames, values], -1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(count, INTERPOLATIONS[interpolation], np.int32))
    # Linear keys don't use handles; they are there for the day an artist makes the curve a smooth one.
    for side in ("left", "right"):
        points.foreach_set(f"handle_{side}_type", np.full(count, AUTO_CLAMPED, np.int32))
    set_repeat(curve, repeat)
    curve.update()


def write_smooth_curves(
    owner: bpy.types.ID, data_path: str, keys: Keys, timing: Timing, tolerance: float, group: str = ""
) -> None:
    """Animates all numbers of a property by keys whose index counts clip frames, a third of the way to the next key by handle.

    Handles of a key are aligned where both sides go on alike to within `tolerance`, and free at a corner. group: as in
    `compat.new_fcurve`.
    """
    frames, count = timing.at(keys.index), len(keys.index)
    gaps = np.diff(keys.index, prepend=keys.index[0] - 1, append=keys.index[-1] + 1) / 3
    left, right = gaps[:-1, None], gaps[1:, None]
    for channel in range(keys.values.shape[1]):
        curve = compat.new_fcurve(owner, data_path, channel, group)
        value, before, after = (each[:, channel, None] for each in (keys.values, keys.before, keys.after))
        smooth = np.abs(before - after) * np.maximum(left, right) <= tolerance
        before, after = np.where(smooth, (before + after) / 2, before), np.where(smooth, (before + after) / 2, after)
        points = curve.keyframe_points
        points.add(count)
        points.foreach_set("co", np.float32(np.hstack([frames[:, None], value])).ravel())
        points.foreach_set("interpolation", np.full(count, INTERPOLATIONS["BEZIER"], np.int32))
        for side, step, slope in (("left", -left, before), ("right", right, after)):
            points.foreach_set(f"handle_{side}_type", np.where(smooth[:, 0], ALIGNED, FREE).astype(np.int32))
            handle = np.hstack([frames[:, None] + step * timing.spacing, value + step * slope])
            points.foreach_set(f"handle_{side}", np.float32(handle).ravel())
        set_repeat(curve, timing.repeat)
        curve.update()


def set_repeat(curve: bpy.types.FCurve, repeat: str) -> None:
    """What comes before and after the first and last key, in place of what came there."""
    curve.extrapolation = "CONSTANT"
    for modifier in [each for each in curve.modifiers if each.type == "CYCLES"]:
        curve.modifiers.remove(modifier)
    if repeat in CYCLES and len(curve.keyframe_points) > 1:
        modifier = curve.modifiers.new("CYCLES")
        modifier.mode_before = modifier.mode_after = CYCLES[repeat]


def repeat_of(curve: bpy.types.FCurve) -> str:
    """What comes before and after a curve, as in `Timing`."""
    modes = [modifier.mode_after for modifier in curve.modifiers if modifier.type == "CYCLES" and not modifier.mute]
    return next((repeat for repeat, mode in CYCLES.items() if mode in modes), "HOLD")
