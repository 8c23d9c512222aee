"""From an armature or shape keys to a sequence of frames that can be edited alone, and back to shape keys.

All sample what an object shows at each frame of a range into a new object, and leave the old one as it was, hidden.
"""

from __future__ import annotations

import math

import bpy
import numpy as np

from . import compat
from .animation.keyframes import repeat_of
from .animation.timing import Timing
from .armature import armature_of
from .asset_folder.asset import MAX_FRAMES
from .geometry_nodes import frame_input
from .geometry_nodes.material_frames import add_material_frames
from .geometry_nodes.sequence import add_sequence, sequence_of
from .shape_keys import add_shape_keys


class BakeError(Exception):
    """Why an object can't be baked, in one sentence."""


def bake_to_frames(
    host: bpy.types.Object, scene: bpy.types.Scene, first: int | None = None, last: int | None = None
) -> bpy.types.Object:
    """The motion of `host` as a sequence of meshes, one a frame from `first` to `last`: a new object in its place.

    What `host` shows counts, its modifiers included. first, last: by default what the keys of its armature and shape keys span;
    any mesh object can be baked where both are given. Raises BakeError, with nothing changed, where it can't be done.
    """
    keys = getattr(host.data, "shape_keys", None)
    curves = [curve for curve in compat.fcurves(keys) if curve.data_path.startswith("key_blocks[")] if keys else []
    curves += _armature_curves(host)
    repeat = _repeat(curves, first, last)
    first, last = _range(host, curves, first, last, "has no keyed shape keys")
    meshes = _sample(host, scene, first, last)
    for mesh in meshes:
        _drop_unused_materials(mesh)
    twin = _twin(host, bpy.data.meshes.new(host.data.name))
    add_sequence(twin, meshes, Timing(first, repeat=repeat))
    hide(host)
    return twin


def rig_to_shape_keys(
    host: bpy.types.Object, scene: bpy.types.Scene, first: int | None = None, last: int | None = None
) -> bpy.types.Object:
    """What a rigged `host` shows as one mesh with a shape key a frame from `first` to `last`: a new object in its place, with
    the armature's own keys, which move the whole body.

    first, last: by default what the keys of the armature span. Raises BakeError, with nothing changed, where it can't be done.
    """
    if armature_of(host) is None:
        raise BakeError(f"{host.name} has no armature.")
    curves = _armature_curves(host)
    repeat = _repeat(curves, first, last)
    first, last = _range(host, curves, first, last, "has no keyed bones")
    meshes = _sample(host, scene, first, last)
    try:
        _check_same_faces(meshes, first)
        positions = np.stack([_floats(mesh.attributes["position"].data, "vector", 3) for mesh in meshes])
    except BaseException:
        _remove(meshes)
        raise
    _remove(meshes[1:])
    data = meshes[0]
    data.name = host.data.name
    twin = _twin(host, data)
    add_shape_keys(twin, positions, Timing(first, repeat=repeat))
    hide(host)
    return twin


def frames_to_shape_keys(
    host: bpy.types.Object, scene: bpy.types.Scene, first: int | None = None, last: int | None = None
) -> bpy.types.Object:
    """What the sequence `host` shows as one mesh with a shape key a frame from `first` to `last`: a new object in its place.

    Edits of single frames are honoured as long as all frames have the same faces and UVs. first, last: by default what the
    keys of the sequence span. Raises BakeError, with nothing changed, where it can't be done.
    """
    modifier = sequence_of(host)
    if modifier is None:
        raise BakeError(f"{host.name} is no sequence of frames.")
    curve = frame_input.curve_of(host, modifier)
    curves = [curve] if curve else []
    repeat = _repeat(curves, first, last)
    first, last = _range(host, curves, first, last, "has no keyed frames")
    meshes = _sample(host, scene, first, last)
    try:
        _check_same_faces(meshes, first)
        materials = _material_frames(meshes, first)
        positions = np.stack([_floats(mesh.attributes["position"].data, "vector", 3) for mesh in meshes])
    except BaseException:
        _remove(meshes)
        raise
    _remove(meshes[1:])
    data = meshes[0]
    data.name = host.data.name
    twin = _twin(host, data)
    if materials:
        data.materials.clear()
        data.polygons.foreach_set("material_index", np.zeros(len(data.polygons), np.int32))
        add_material_frames(twin, materials, Timing(first, repeat=repeat))
    add_shape_keys(twin, positions, Timing(first, repeat=repeat))
    hide(host)
    return twin


def _armature_curves(host: bpy.types.Object) -> list[bpy.types.FCurve]:
    """What moves the bones of a rigged object, and the whole of it."""
    armature = armature_of(host)
    return compat.fcurves(armature) if armature else []


def _range(
    host: bpy.types.Object, curves: list[bpy.types.FCurve], first: int | None, last: int | None, lacking: str
) -> tuple[int, int]:
    if (first is None or last is None) and not curves:
        raise BakeError(f"{host.name} {lacking}: say which frames to bake.")
    if first is None:
        first = math.floor(min(curve.range()[0] for curve in curves))
    if last is None:
        # A loop's last key is its first frame once more.
        last = math.ceil(max(curve.range()[1] for curve in curves)) - (_repeat(curves) == "LOOP")
    if not 0 <= last - first < MAX_FRAMES:
        raise BakeError(f"Frames {first} to {last} can't be baked: from 1 to {MAX_FRAMES} frames can be.")
    return first, last


def _repeat(curves: list[bpy.types.FCurve], first: int | None = None, last: int | None = None) -> str:
    """How the object's own clip repeats; a range that is asked for stands alone."""
    return repeat_of(curves[0]) if curves and first is None and last is None else "HOLD"


def _sample(host: bpy.types.Object, scene: bpy.types.Scene, first: int, last: int) -> list[bpy.types.Mesh]:
    """New meshes of what `host` shows at each frame, with all their attributes."""
    layer = next((layer for layer in scene.view_layers if host.visible_get(view_layer=layer)), None)
    if host.type != "MESH" or host.mode != "OBJECT" or layer is None:
        raise BakeError(f"{host.name} can't be baked: it has to be a visible mesh object in Object Mode.")
    before = scene.frame_current, scene.frame_subframe
    meshes = []
    with bpy.context.temp_override(scene=scene, view_layer=layer):
        try:
            for frame in range(first, last + 1):
                scene.frame_set(frame)
                graph = bpy.context.evaluated_depsgraph_get()
                shown = host.evaluated_get(graph)
                meshes.append(bpy.data.meshes.new_from_object(shown, preserve_all_data_layers=True, depsgraph=graph))
                meshes[-1].name = f"{host.name} {frame - first + 1:04d}"
                if not meshes[-1].polygons:
                    raise BakeError(f"{host.name} shows nothing at frame {frame}.")
        except BaseException:
            _remove(meshes)
            raise
        finally:
            scene.frame_set(before[0], subframe=before[1])
    return meshes


def _twin(host: bpy.types.Object, data: bpy.types.Mesh) -> bpy.types.Object:
    """A copy of `host` with another mesh and without modifiers, which the mesh has in it already."""
    armature = armature_of(host)
    twin = host.copy()
    twin.data = data
    twin.modifiers.clear()
    if armature is not None and host.parent == armature:
        _move_like(twin, armature)
    for slot in twin.material_slots:
        slot.link = "DATA"
    animation = twin.animation_data
    if animation and animation.action:
        compat.copy_action(twin)
        for curve in compat.fcurves(twin):
            if curve.data_path.startswith("modifiers["):
                compat.remove_fcurve(twin, curve)
    for driver in list(animation.drivers) if animation else []:
        if driver.data_path.startswith("modifiers["):
            animation.drivers.remove(driver)
    for collection in host.users_collection:
        collection.objects.link(twin)
    return twin


def _move_like(twin: bpy.types.Object, armature: bpy.types.Object) -> None:
    """Places and moves an object as the armature it was a child of, whose bones it does without."""
    twin.parent, twin.matrix_parent_inverse = armature.parent, armature.matrix_parent_inverse
    twin.rotation_mode = armature.rotation_mode
    for name in ("location", "rotation_euler", "rotation_quaternion", "scale"):
        setattr(twin, name, getattr(armature, name))
    if armature.animation_data and armature.animation_data.action:
        compat.share_action(twin, armature)
        compat.copy_action(twin)
        for curve in compat.fcurves(twin):
            if curve.data_path.startswith("pose."):
                compat.remove_fcurve(twin, curve)


def _check_same_faces(meshes: list[bpy.types.Mesh], first: int) -> None:
    reference = _topology(meshes[0])
    for frame, mesh in enumerate(meshes[1:], first + 1):
        if len(mesh.vertices) != len(meshes[0].vertices):
            counts = f"{len(mesh.vertices)} vertices and frame {first} has {len(meshes[0].vertices)}"
            raise BakeError(f"Shape keys need the same faces in every frame: frame {frame} has {counts}.")
        for kind, mine, theirs in zip(("faces", "faces", "UVs"), reference, _topology(mesh), strict=True):
            if mine.shape != theirs.shape or not np.allclose(mine, theirs, atol=1e-6):
                raise BakeError(f"Shape keys need the same {kind} in every frame: frame {frame} differs from frame {first}.")


def _topology(mesh: bpy.types.Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The vertex of each face corner [corners], the first corner of each face [faces], the UV of each corner [corners, 2]."""
    corners, starts = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_start", starts)
    layer = mesh.uv_layers.active
    return corners, starts, _floats(layer.uv, "vector", 2) if layer else np.zeros((0, 2), np.float32)


def _material_frames(meshes: list[bpy.types.Mesh], first: int) -> list[bpy.types.Material] | None:
    """One material a frame; None where the first mesh has the materials of all frames on the right faces."""
    known = list(dict.fromkeys(material for mesh in meshes for material in mesh.materials))
    shown = []
    for mesh in meshes:
        # Faces without a material have -1; a slot past the last counts as the last, as Blender has it.
        slots = np.array([known.index(material) for material in mesh.materials] or [-1])
        shown.append(slots[np.minimum(_material_index(mesh), len(slots) - 1)])
    if all(np.array_equal(faces, shown[0]) for faces in shown):
        return None
    for frame, faces in enumerate(shown, first):
        if faces[0] < 0 or (faces != faces[0]).any():
            raise BakeError(f"Materials that change need one for the whole mesh in every frame: frame {frame} has others.")
    return [known[faces[0]] for faces in shown]


def _drop_unused_materials(mesh: bpy.types.Mesh) -> None:
    used, index = np.unique(_material_index(mesh), return_inverse=True)
    materials = [mesh.materials[slot] for slot in used if slot < len(mesh.materials)]
    if len(materials) < len(used):
        return
    mesh.materials.clear()
    for material in materials:
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", index.astype(np.int32).ravel())


def _material_index(mesh: bpy.types.Mesh) -> np.ndarray:
    index = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", index)
    return index


def _floats(data: bpy.types.bpy_prop_collection, name: str, width: int) -> np.ndarray:
    values = np.empty((len(data), width), np.float32)
    data.foreach_get(name, values.ravel())
    return values


def hide(host: bpy.types.Object) -> None:
    host.hide_viewport = host.hide_render = True


def _remove(meshes: list[bpy.types.Mesh]) -> None:
    for mesh in meshes:
        bpy.data.meshes.remove(mesh)
