"""A scene for the moment with copies of a result alone, whose clip begins at frame 0, and which nothing hides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy

from ..timeline import armature_of, compat
from .active_scene import active_scene

# What else carries an object along.
CARRIERS = ("ARMATURE", "EMPTY")


@dataclass(frozen=True)
class Clip:
    """scene: holds the copies; its frame range is the clip's own. host: the copy of the mesh object. first: the frame of the
    original's scene that became frame 0."""

    scene: bpy.types.Scene
    host: bpy.types.Object
    first: int


@contextmanager
def clip_scene(host: bpy.types.Object, scene: bpy.types.Scene) -> Iterator[Clip]:
    """Copies `host`, its armature and what carries them into a scene of their own, which ends with the block.

    The copies have the originals' names while they last. Everything of theirs is selected and visible there.
    """
    family = _family(host)
    copies = {original: original.copy() for original in family}
    temporary = bpy.data.scenes.new("MAV3D Export")
    made: list[bpy.types.ID] = [temporary, *copies.values()]
    names: dict[bpy.types.ID, str] = {}
    try:
        _copy_settings(scene, temporary)
        for copy in copies.values():
            temporary.collection.objects.link(copy)
            copy.hide_viewport = copy.hide_render = copy.hide_select = False
            _join(copy, copies)
        twin = copies[host]
        if getattr(host.data, "shape_keys", None):
            twin.data = host.data.copy()
            made += [twin.data]
        owners = [*copies.values(), *([twin.data.shape_keys] if getattr(twin.data, "shape_keys", None) else [])]
        first, last = _range(owners)
        made += _shift(owners, -first)
        temporary.frame_start, temporary.frame_end = 0, last - first
        _lend_names(copies, names)
        with active_scene(temporary):
            temporary.frame_set(0)
            for copy in copies.values():
                copy.select_set(True)
            bpy.context.view_layer.objects.active = twin
            yield Clip(temporary, twin, first)
    finally:
        bpy.data.batch_remove([each for each in made if each is not None])
        for original, name in names.items():
            original.name = name


def _family(host: bpy.types.Object) -> list[bpy.types.Object]:
    """The object, its armature, and the armatures and empties that carry either, each once."""
    found, waiting = [], [host, armature_of(host)]
    while waiting:
        each = waiting.pop(0)
        if each is None or each in found:
            continue
        found.append(each)
        if each.parent is not None and each.parent.type in CARRIERS:
            waiting.append(each.parent)
    return found


def _join(copy: bpy.types.Object, copies: dict[bpy.types.Object, bpy.types.Object]) -> None:
    """Ties a copy to the copies of what its original was tied to; what else carries that is left out, and its place kept."""
    if copy.parent in copies:
        copy.parent = copies[copy.parent]
    elif copy.parent is not None:
        place = copy.parent.matrix_world @ copy.matrix_parent_inverse
        copy.parent = None
        copy.matrix_world = place @ copy.matrix_basis
    for modifier in copy.modifiers:
        if modifier.type == "ARMATURE" and modifier.object in copies:
            modifier.object = copies[modifier.object]


def _copy_settings(scene: bpy.types.Scene, other: bpy.types.Scene) -> None:
    other.render.fps, other.render.fps_base = scene.render.fps, scene.render.fps_base
    for name in ("system", "scale_length", "length_unit"):
        setattr(other.unit_settings, name, getattr(scene.unit_settings, name))


def _range(owners: list[bpy.types.ID]) -> tuple[int, int]:
    """First and last frame of all keys; a loop's last is its first once more. A still thing has one frame."""
    ranges = [curve.range() for owner in owners for curve in compat.fcurves(owner) if len(curve.keyframe_points)]
    if not ranges:
        return 0, 0
    return math.floor(min(low for low, _ in ranges)), math.ceil(max(high for _, high in ranges))


def _shift(owners: list[bpy.types.ID], frames: int) -> list[bpy.types.Action]:
    """Gives every owner an action of its own with all keys moved by `frames`; returns these."""
    actions = []
    for owner in owners:
        if not compat.fcurves(owner):
            continue
        compat.copy_action(owner)
        actions.append(owner.animation_data.action)
        for curve in compat.fcurves(owner):
            for point in curve.keyframe_points:
                for place in ("co", "handle_left", "handle_right"):
                    getattr(point, place)[0] += frames
            curve.update()
    return actions


def _lend_names(copies: dict[bpy.types.Object, bpy.types.Object], names: dict[bpy.types.ID, str]) -> None:
    """Files name things as Blender does: copies take the originals' names, which are kept in `names`."""
    pairs = [*copies.items()]
    for original, copy in copies.items():
        if copy.data is not None and copy.data != original.data:
            pairs.append((original.data, copy.data))
    for original, copy in pairs:
        if original.library is None:
            names[original] = original.name
            original.name = f"{original.name} original"
            copy.name = names[original]
