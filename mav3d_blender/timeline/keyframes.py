"""Keyframes from arrays, a whole curve at once."""

from __future__ import annotations

import bpy
import numpy as np

from . import compat

# Blender's own numbers for the interpolation and handle type of a keyframe.
INTERPOLATIONS = {"CONSTANT": 0, "LINEAR": 1}
AUTO_CLAMPED = 4


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
    curve.extrapolation = "CONSTANT"
    if repeat in CYCLES and count > 1:
        modifier = curve.modifiers.new("CYCLES")
        modifier.mode_before = modifier.mode_after = CYCLES[repeat]
    curve.update()


def repeat_of(curve: bpy.types.FCurve) -> str:
    """What comes before and after a curve, as in `Timing`."""
    modes = [modifier.mode_after for modifier in curve.modifiers if modifier.type == "CYCLES" and not modifier.mute]
    return next((repeat for repeat, mode in CYCLES.items() if mode in modes), "HOLD")
