"""A rigged mesh: an armature whose Action moves the bones, whose own keys move the whole body, and a mesh that follows it."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from .animation.keyframes import write_curve
from .animation.timing import Timing
from .animation.transforms import KEY_TOLERANCE, continuous, key_transform, key_values
from .asset_folder.asset import FrameMesh, MovingMesh
from .asset_folder.rig import Rig
from .meshes import make_mesh

MODIFIER_NAME = "Armature"
# Vertices this far, as a share of the size, from where the bones take them need a shape key.
CORRECTED = 1e-3


def make_rigged(
    name: str,
    mesh: MovingMesh,
    rig: Rig,
    collection: bpy.types.Collection,
    timing: Timing,
    location: tuple[float, float, float],
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """A mesh object and its armature, in `collection`, which has to be in a scene; the armature moves about `location`.

    What the bones don't explain of mesh.positions comes by shape keys. Bones keep their rest pose where there is no motion.
    """
    size = max(float(np.linalg.norm(np.ptp(rig.rest, axis=0))), 1e-9)
    armature = make_armature(f"{name} Armature", rig, collection)
    key_transform(armature, rig.root, timing, np.array(location), size)
    key_bones(armature, rig, timing, size)
    host = bpy.data.objects.new(name, make_mesh(name, FrameMesh(rig.rest, mesh.triangles, mesh.uv, mesh.polygons)))
    collection.objects.link(host)
    host.parent = armature
    add_groups(host, rig)
    _add_correctives(host, mesh, rig, timing, size)
    host.modifiers.new(MODIFIER_NAME, "ARMATURE").object = armature
    return host, armature


def armature_of(host: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that moves `host`; None on any other object."""
    for modifier in host.modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None:
            return modifier.object
    if host.parent is not None and host.parent_type == "ARMATURE":
        return host.parent
    return None


def make_armature(name: str, rig: Rig, collection: bpy.types.Collection) -> bpy.types.Object:
    """Bones can be made in edit mode alone, for which the object has to be the active one of a view layer for a moment."""
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    collection.objects.link(armature)
    armature.data.display_type = "STICK"
    armature.show_in_front = True
    scene = next(scene for scene in bpy.data.scenes if armature.name in scene.objects)
    window_layer = bpy.context.view_layer
    layer = window_layer if window_layer is not None and window_layer.id_data == scene else scene.view_layers[0]
    layer.update()
    active, selected = layer.objects.active, [item for item in layer.objects if item.select_get(view_layer=layer)]
    mode = active.mode if active is not None else "OBJECT"
    with bpy.context.temp_override(scene=scene, view_layer=layer):
        try:
            if mode != "OBJECT":
                bpy.ops.object.mode_set(mode="OBJECT")
            for item in selected:
                item.select_set(False, view_layer=layer)
            layer.objects.active = armature
            bpy.ops.object.mode_set(mode="EDIT")
            _make_bones(armature, rig)
            bpy.ops.object.mode_set(mode="OBJECT")
        finally:
            armature.select_set(False, view_layer=layer)
            for item in selected:
                item.select_set(True, view_layer=layer)
            layer.objects.active = active
            if mode != "OBJECT":
                bpy.ops.object.mode_set(mode=mode)
    return armature


def _make_bones(armature: bpy.types.Object, rig: Rig) -> None:
    made = []
    for name, parent, head, tail in zip(rig.names, rig.parents, rig.rest_head, rig.rest_tail, strict=True):
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail = head.tolist(), tail.tolist()
        if parent >= 0:
            bone.parent = made[parent]
        made.append(bone)


def key_bones(armature: bpy.types.Object, rig: Rig, timing: Timing, size: float) -> None:
    """Each bone's own turn and shift, after its parent's."""
    rest = np.array([bone.matrix_local for bone in (armature.data.bones[name] for name in rig.names)], np.float64)
    posed = np.float64(rig.pose) @ rest
    for bone, (name, parent) in enumerate(zip(rig.names, rig.parents, strict=True)):
        local, moved = rest[bone], posed[:, bone]
        if parent >= 0:
            local, moved = np.linalg.inv(rest[parent]) @ local, np.linalg.inv(posed[:, parent]) @ moved
        own = [Matrix(each) for each in np.linalg.inv(local) @ moved]
        pose = armature.pose.bones[name]
        pose.rotation_mode = "QUATERNION"
        path = f'pose.bones["{bpy.utils.escape_identifier(name)}"]'
        shifts = np.array([each.to_translation() for each in own])
        turns = continuous(np.array([each.to_quaternion() for each in own]))
        key_values(armature, f"{path}.location", shifts, timing, KEY_TOLERANCE * size, name)
        key_values(armature, f"{path}.rotation_quaternion", turns, timing, KEY_TOLERANCE / 2, name)


def add_groups(host: bpy.types.Object, rig: Rig) -> None:
    for bone, name in enumerate(rig.names):
        group = host.vertex_groups.new(name=name)
        vertices, slots = np.nonzero((rig.bones == bone) & (rig.weights > 0))
        for vertex, weight in zip(vertices.tolist(), rig.weights[vertices, slots].tolist(), strict=True):
            group.add([vertex], weight, "REPLACE")


def _add_correctives(host: bpy.types.Object, mesh: MovingMesh, rig: Rig, timing: Timing, size: float) -> None:
    """A shape key for each frame that the bones alone miss, shown in that frame and faded out to its neighbours."""
    count, end = len(mesh.positions), timing.knots(len(mesh.positions))
    for frame, wanted in enumerate(mesh.positions):
        if np.linalg.norm(rig.in_world(rig.vertices(frame), frame) - wanted, axis=1).max() <= CORRECTED * size:
            continue
        if host.data.shape_keys is None:
            host.shape_key_add(name="Basis", from_mix=False)
            host.data.shape_keys.name = host.name
        key = host.shape_key_add(name=f"Corrective {frame + 1:04d}", from_mix=False)
        key.points.foreach_set("co", np.float32(rig.at_rest(wanted, frame)).ravel())
        knots = np.array(sorted({0, end} | {at for at in (frame - 1, frame, frame + 1) if 0 <= at <= end}))
        values = (knots % count == frame).astype(float)
        write_curve(host.data.shape_keys, key.path_from_id("value"), timing.at(knots), values, "LINEAR", timing.repeat)
