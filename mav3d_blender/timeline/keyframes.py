"""Keyframes from arrays, a whole curve at once."""

from __future__ import annotations

import bpy
import numpy as np

from . import compat

# Blender's own numbers for the interpolation and handle type of a keyframe.
INTERPOLATIONS = {"CONSTANT": 0, "LINEAR": 1}
AUTO_CLAMPED = 4


def write_curve(owner: bpy.types.ID, data_path: str, frames: np.ndarray, values: np.ndarray, interpolation: str) -> None:
    """Animates a property: values[i] at frames[i] (both [keys]), frames rising. The end values hold before and after.

    interpolation: "CONSTANT" or "LINEAR".
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
    curve.update()
