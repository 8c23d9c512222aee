"""At which pace a result plays, as its recipe keeps it."""

from __future__ import annotations

import bpy

from ..timeline import BakeError, Pace, motion_curves, repeat_of, retime, smooth

REPEAT_ITEMS = [
    ("LOOP", "Loop", "Begins again after its last frame"),
    ("PING_PONG", "Ping-Pong", "Plays back and forth"),
    ("HOLD", "Hold", "The first and last frame stay before and after"),
]


def pace_of(host: bpy.types.Object) -> Pace:
    """How the motion of a result plays now."""
    recipe, curves = host.mav3d, motion_curves(host, host.mav3d.own_armature)
    return Pace(recipe.speed, recipe.reverse, repeat_of(curves[0]) if curves else "HOLD", recipe.closed)


def set_pace(host: bpy.types.Object, pace: Pace) -> None:
    """Has the motion of a result play at another pace. Raises BakeError where nothing moves it."""
    recipe = host.mav3d
    done = retime(_curves(host), pace_of(host), pace, recipe.spacing)
    recipe.speed, recipe.reverse, recipe.closed = done.speed, done.reverse, done.closed


def smooth_motion(host: bpy.types.Object, times: int) -> None:
    """Makes the motion of a result smoother, the more `times` the more. Raises BakeError where nothing but meshes changes."""
    smooth(_curves(host), host.mav3d.spacing / host.mav3d.speed, times)


def _curves(host: bpy.types.Object) -> list[bpy.types.FCurve]:
    if curves := motion_curves(host, host.mav3d.own_armature):
        return curves
    raise BakeError(f"{host.name} has no keys that MAV3D made: choose the Action that it got first.")
