"""An object's own motion as keys of its location, rotation and scale, as few as do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np
from mathutils import Euler, Quaternion

from .keyframes import write_smooth_curves
from .reduce import reduce_keys
from .timing import Timing

# How far keys may be from what they stand for: translations as a share of the size, rotations in radians, about.
KEY_TOLERANCE = 5e-4
# Euler angles are fine where the middle one keeps this far, in radians, from a right angle.
GIMBAL = 0.3
# Where an object or a bone keeps its own rotation: its mode says which of them counts.
TURNS = ("rotation_quaternion", "rotation_axis_angle", "rotation_euler")


def own_turn(mode: str, values: Mapping[str, Sequence[float]]) -> Quaternion:
    """The rotation that the properties of TURNS say, by their names, in a rotation mode of Blender's."""
    if mode == "QUATERNION":
        return Quaternion(values["rotation_quaternion"]).normalized()
    if mode == "AXIS_ANGLE":
        angle, *axis = values["rotation_axis_angle"]
        return Quaternion(axis, angle)
    return Euler(values["rotation_euler"], mode).to_quaternion()


def key_transform(owner: bpy.types.Object, root: np.ndarray, timing: Timing, location: np.ndarray, size: float) -> None:
    """Keys an object's motion about `location`, each of its parts only where it changes.

    root [frames, 10]: translation, unit quaternion wxyz, scale. size: of what moves, metres.
    """
    root = np.float64(root)
    key_values(owner, "location", root[:, :3] + location, timing, KEY_TOLERANCE * size)
    angles = np.unwrap([Quaternion(turn).to_euler("XYZ") for turn in root[:, 3:7]], axis=0)
    if np.abs(np.cos(angles[:, 1])).min() > np.sin(GIMBAL):
        owner.rotation_mode = "XYZ"
        key_values(owner, "rotation_euler", angles, timing, KEY_TOLERANCE)
    else:
        owner.rotation_mode = "QUATERNION"
        key_values(owner, "rotation_quaternion", continuous(root[:, 3:7]), timing, KEY_TOLERANCE / 2)
    key_values(owner, "scale", root[:, 7:], timing, KEY_TOLERANCE)


def key_values(
    owner: bpy.types.Object,
    path: str,
    values: np.ndarray,
    timing: Timing,
    tolerance: float,
    group: str = "",
    keyed: bool = False,
) -> None:
    """Keys a property with values [frames, channels], as few as do; a value that stays is set and has no key, unless `keyed`,
    which leaves alone what the property is now."""
    if not keyed and np.ptp(values, axis=0).max() <= tolerance:
        holder, _, name = path.rpartition(".")
        setattr(owner.path_resolve(holder) if holder else owner, name, values.mean(0).tolist())
        return
    closed = values
    if timing.repeat == "LOOP":
        # A loop's first frame comes once more at its end; angles go on to the nearest turn.
        again = values[:1]
        if path.endswith("rotation_euler"):
            again = again + 2 * np.pi * np.round((values[-1:] - again) / (2 * np.pi))
        elif path.endswith("rotation_quaternion"):
            again = again * (1 if (again * values[-1:]).sum() >= 0 else -1)
        closed = np.concatenate([values, again])
    write_smooth_curves(owner, path, reduce_keys(closed, tolerance), timing, tolerance, group)


def continuous(quaternions: np.ndarray) -> np.ndarray:
    """A quaternion and its negative turn alike: each frame has the one that is nearer to the frame before."""
    signs = np.sign((quaternions[1:] * quaternions[:-1]).sum(1))
    return quaternions * np.concatenate([[1], np.cumprod(np.where(signs == 0, 1, signs))])[:, None]
