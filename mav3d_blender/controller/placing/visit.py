"""The scene at another frame for a moment, and then as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

CHANNELS = ("rotation_mode", "location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


@contextmanager
def visit_frame(scene: bpy.types.Scene, frame: int) -> Iterator[None]:
    """Shows `frame` of the scene inside. Where that ends in an exception, poses without keys, which a change of frame undoes,
    are there again."""
    before, subframe = scene.frame_current, scene.frame_subframe
    if (before, subframe) == (frame, 0.0):
        yield
        return
    poses = [(each, _channels(each)) for each in _animated(scene)]
    scene.frame_set(frame)
    try:
        yield
    except Exception:
        scene.frame_set(before, subframe=subframe)
        for each, channels in poses:
            for name, value in channels.items():
                setattr(each, name, value)
        bpy.context.view_layer.update()
        raise
    scene.frame_set(before, subframe=subframe)


def _animated(scene: bpy.types.Scene) -> list[bpy.types.Object | bpy.types.PoseBone]:
    """What an Action, a track or a driver may move: objects of the scene, and their bones."""
    objects = [each for each in scene.objects if each.animation_data is not None]
    return [*objects, *(bone for each in objects if each.pose is not None for bone in each.pose.bones)]


def _channels(owner: bpy.types.Object | bpy.types.PoseBone) -> dict[str, Any]:
    values = {name: getattr(owner, name) for name in CHANNELS}
    return {name: value if isinstance(value, str) else tuple(value) for name, value in values.items()}
