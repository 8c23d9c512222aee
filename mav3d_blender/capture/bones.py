"""The bones that an object hangs on, at rest, as a file that the engine reads beside the object's mesh
(`engine.reference.given.bones` says what is in it)."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from .recording import CaptureError, unwritable

FILE = "bones.npz"
# What the engine takes, and what assets keep of a name, bytes.
MAX_BONES, MAX_NAME = 256, 60


def write_bones(host: bpy.types.Object, armature: bpy.types.Object, folder: Path) -> tuple[Path, list[str]]:
    """Writes the bones of `armature` that hold vertices of `host`, as `write_base_mesh` writes these, into `folder`.

    Bones that hold nothing, such as controls and targets, are left out, and what hangs on one hangs on what that hangs on.
    Returns the file, and sentences on what is odd. Raises CaptureError where there are none, or more than can be.
    """
    deforming = {bone.name for bone in armature.data.bones if bone.use_deform}
    group_names = {group.index: group.name for group in host.vertex_groups if group.name in deforming}
    held, weights, loose = [], [], 0
    for vertex in host.data.vertices:
        own = [(each.group, each.weight) for each in vertex.groups if each.group in group_names and each.weight > 0]
        held += [(vertex.index, group) for group, _ in own]
        weights += [weight for _, weight in own]
        loose += not own
    used = {group_names[group] for _, group in held}
    bones = sorted((bone for bone in armature.data.bones if bone.name in used), key=lambda bone: len(bone.parent_recursive))
    if problem := _problem(host, armature, bones):
        raise CaptureError(problem)
    number = {bone.name: place for place, bone in enumerate(bones)}
    above = [next((number[each.name] for each in bone.parent_recursive if each.name in number), -1) for bone in bones]
    world, origin = np.array(armature.matrix_world, np.float64), np.array(host.matrix_world.translation, np.float64)
    ends = np.array([(bone.head_local, bone.tail_local) for bone in bones], np.float64)
    ends = ends @ world[:3, :3].T + world[:3, 3] - origin
    try:
        np.savez(
            folder / FILE, names=np.array([bone.name for bone in bones]), parents=np.array(above, np.int32), heads=ends[:, 0],
            tails=ends[:, 1], connected=np.array([bone.use_connect and bone.parent is not None for bone in bones]),
            held=np.array([(vertex, number[group_names[group]]) for vertex, group in held], np.int32),
            weights=np.array(weights, np.float64),
        )  # fmt: skip
    except OSError as error:
        raise unwritable(folder, error) from error
    noun = "vertex of" if loose == 1 else "vertices of"
    return folder / FILE, [f"{loose} {noun} {host.name} no bone holds: they stay."] if loose else []


def _problem(host: bpy.types.Object, armature: bpy.types.Object, bones: list[bpy.types.Bone]) -> str:
    """Why these bones can't be sent, one sentence."""
    if not bones:
        return f"No bone of {armature.name} holds vertices of {host.name}: give it weights, or remove its Armature modifier."
    if len(bones) > MAX_BONES:
        return f"{len(bones)} bones of {armature.name} hold {host.name}, where {MAX_BONES} are possible."
    if long := [bone.name for bone in bones if len(bone.name.encode("utf-8")) > MAX_NAME]:
        return f"The name of bone {long[0]} is too long: shorten it to {MAX_NAME} letters."
    return ""
