"""Edits one frame of a sequence: its mesh comes into the scene in place of the sequence, and goes back when it is done."""

from __future__ import annotations

import bpy

from .bake import BakeError
from .geometry_nodes import frame_input
from .geometry_nodes.sequence import frames_of, sequence_of

# On a frame's object while it is edited: the sequence that it belongs to.
SEQUENCE = "mav3d_sequence"


def begin_frame_edit(host: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object:
    """Puts the frame that the sequence `host` shows now where `host` stands, and hides `host`; returns the frame's object.

    Raises BakeError where `host` is no sequence.
    """
    modifier = sequence_of(host)
    if modifier is None:
        raise BakeError(f"{host.name} is no sequence of frames: edit its mesh, or use Bake to Frames first.")
    frames = sorted(frames_of(modifier).objects, key=lambda each: each.name)
    curve = frame_input.curve_of(host, modifier)
    index = round(curve.evaluate(scene.frame_current)) if curve is not None else 0
    item = frames[min(max(index, 0), len(frames) - 1)]
    item[SEQUENCE] = host
    if item.name not in scene.objects:
        host.users_collection[0].objects.link(item)
    # The sequence reads the mesh alone, wherever its object is.
    item.matrix_world = host.matrix_world
    host.hide_set(True)
    return item


def end_frame_edit(item: bpy.types.Object) -> bpy.types.Object:
    """Takes a frame out of the scene again and shows its sequence, which is returned. Raises BakeError where it has none."""
    host = edited_sequence(item)
    if host is None:
        raise BakeError(f"{item.name} is no frame of a sequence.")
    for collection in item.users_collection:
        if collection != frames_of(sequence_of(host)):
            collection.objects.unlink(item)
    del item[SEQUENCE]
    host.hide_set(False)
    return host


def edited_sequence(item: bpy.types.Object | None) -> bpy.types.Object | None:
    """The sequence of which `item` is the frame that is edited; None on any other object."""
    host = item.get(SEQUENCE) if item is not None else None
    return host if isinstance(host, bpy.types.Object) and sequence_of(host) is not None else None
