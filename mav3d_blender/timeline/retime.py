"""How fast, which way and how often a result's motion plays, as edits of its own keys.

Keys stay the one place where the motion is: they are in the Dope Sheet and the Graph Editor at the frames where they play, what
an animator changed among them stays, and baking and export, which go by the keys, need to know nothing of it. All curves of a
result are edited alike, so that bones, shape keys and frames keep together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np

from . import compat
from .animation.curves import Curve
from .animation.keyframes import INTERPOLATIONS, repeat_of, set_repeat
from .animation.reduce import reduce_keys
from .animation.transforms import KEY_TOLERANCE
from .armature import armature_of
from .bake import BakeError
from .own_rig import has_made_action

TRANSFORM = ("location", "rotation", "scale")
# Values this near are the same.
SAME = 1e-4


@dataclass(frozen=True)
class Pace:
    """speed: how many times as fast as it was made. reverse: from its end to its beginning. repeat: as in `Timing`. closed:
    whether a key was added that closes it to a loop."""

    speed: float = 1.0
    reverse: bool = False
    repeat: str = "HOLD"
    closed: bool = False


def motion_curves(host: bpy.types.Object, own_armature: bool = False) -> list[bpy.types.FCurve]:
    """The curves with keys that are the motion of a result, and not those that a person gave its object besides.

    own_armature: its armature was there before, so that only an Action that was made for it counts.
    """
    armature, keys = armature_of(host), getattr(host.data, "shape_keys", None)
    curves = [curve for curve in compat.fcurves(keys) if curve.data_path.startswith("key_blocks[")] if keys else []
    if armature is not None and (not own_armature or has_made_action(armature)):
        curves += compat.fcurves(armature)
    own = compat.fcurves(host)
    curves += [curve for curve in own if curve.data_path.startswith("modifiers[")]
    curves = curves or [curve for curve in own if curve.data_path.startswith(TRANSFORM)]
    return [curve for curve in curves if len(curve.keyframe_points)]


def retime(curves: list[bpy.types.FCurve], before: Pace, pace: Pace, spacing: float) -> Pace:
    """Has curves that play as `before` says play at another pace, from the frame where they begin; returns the pace with what
    became of `closed`. spacing: frames of the scene from one of the clip to the next at speed 1."""
    keys = [Curve.read(curve) for curve in curves]
    first = min(each.frames[0] for each in keys)
    # Back to how it was made, and from there to what is wanted: changes can then be taken back in any order.
    if before.reverse:
        keys = _turned_round(keys)
    if before.closed:
        keys = [each.opened() for each in keys]
    if pace.speed != before.speed:
        keys = [each.stretched(first, before.speed / pace.speed) for each in keys]
    if pace.repeat != "HOLD":
        # All curves have to begin again together.
        last = max(each.frames[-1] for each in keys)
        keys = [each.reaching(first, last) for each in keys]
    closes = pace.repeat == "LOOP" and not _is_closed(curves, keys)
    if closes:
        ends = _ends(curves, keys)
        keys = [each.closed(spacing / pace.speed, end) for each, end in zip(keys, ends, strict=True)]
    if pace.reverse:
        keys = _turned_round(keys)
    for curve, each in zip(curves, keys, strict=True):
        each.write(curve)
        set_repeat(curve, pace.repeat)
        curve.update()
    return replace(pace, closed=closes)


def smooth(curves: list[bpy.types.FCurve], spacing: float, times: int) -> None:
    """Has every frame become a half of itself and a quarter of each of its neighbours, `times` times over; a loop's ends are
    neighbours. Pictures that change from frame to frame stay. spacing: frames of the scene from one of the clip to the next.
    Raises BakeError where there is nothing else."""
    curves = [each for each in curves if each.keyframe_points[0].interpolation != "CONSTANT"]
    if not curves:
        raise BakeError("There is another mesh in each frame, and nothing between them: use To Shape Keys first.")
    keys = [Curve.read(curve) for curve in curves]
    loops = repeat_of(curves[0]) == "LOOP" and _is_closed(curves, keys)
    for curve, each in zip(curves, keys, strict=True):
        count = max(round((each.frames[-1] - each.frames[0]) / spacing), 1)
        frames = np.linspace(each.frames[0], each.frames[-1], count + 1)
        values = np.array([*(curve.evaluate(frame) for frame in frames[:-1]), each.values[-1]])
        smoothed = _smoothed(values, times, loops)
        if each.interpolation[0] == INTERPOLATIONS["BEZIER"]:
            tolerance = KEY_TOLERANCE * max(float(np.ptp(values)), SAME)
            Curve.smooth(frames, reduce_keys(smoothed[:, None], tolerance)).write(curve)
        else:
            Curve.linear(frames, smoothed).write(curve)


def _turned_round(keys: list[Curve]) -> list[Curve]:
    first, last = min(each.frames[0] for each in keys), max(each.frames[-1] for each in keys)
    return [each.turned_round(first, last) for each in keys]


def _is_closed(curves: list[bpy.types.FCurve], keys: list[Curve]) -> bool:
    """Whether all curves end as they begin: a loop's first frame is there once more."""
    return all(abs(each.values[-1] - end) < SAME for each, end in zip(keys, _ends(curves, keys), strict=True))


def _ends(curves: list[bpy.types.FCurve], keys: list[Curve]) -> list[float]:
    """The values with which each curve begins, as they follow its last: angles by whole turns, quaternions on the same side."""
    sides: dict[str, float] = {}
    for curve, each in zip(curves, keys, strict=True):
        sides[curve.data_path] = sides.get(curve.data_path, 0.0) + each.values[0] * each.values[-1]
    ends = []
    for curve, each in zip(curves, keys, strict=True):
        first, last = each.values[0], each.values[-1]
        if curve.data_path.endswith("rotation_euler"):
            ends.append(first + 2 * np.pi * round((last - first) / (2 * np.pi)))
        elif curve.data_path.endswith("rotation_quaternion"):
            ends.append(first if sides[curve.data_path] >= 0 else -first)
        else:
            ends.append(first)
    return ends


def _smoothed(values: np.ndarray, times: int, loops: bool) -> np.ndarray:
    """values [count]; ends stay, unless it loops: then the last is the first once more, but for what it has gained."""
    for _ in range(times):
        gained = values[-1] - values[0]
        before, after = (values[-2] - gained, values[1] + gained) if loops else (values[0], values[-1])
        around = np.concatenate([[before], values, [after]])
        smoothed = 0.5 * values + 0.25 * (around[:-2] + around[2:])
        if not loops:
            smoothed[[0, -1]] = values[[0, -1]]
        values = smoothed
    return values
