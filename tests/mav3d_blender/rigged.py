"""A dog of boxes on an armature that a modeller could have made: scaled, turned, with controls that hold nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
from mathutils import Euler, Matrix, Quaternion

from mav3d_blender.timeline.asset_folder.rig import Rig
from tests.engine.reference.given.bone_tables import DOG, held_by
from tests.engine.reference.given.shapes import box_dog, subdivided
from tests.mav3d_blender.timeline.assets import finish

FRAMES = 5


def unposed_dog() -> tuple[tuple, SimpleNamespace]:
    """The mesh, vertices and faces, and its bones, as `held_by` has them."""
    shape = subdivided(box_dog())
    return shape, SimpleNamespace(**held_by(shape[0], DOG))


def add_rigged_dog(scale: float = 2.0, parent: bool = True) -> tuple[bpy.types.Object, bpy.types.Object]:
    """The mesh object and its armature, in the context's scene. A bone "control" that holds nothing is above the hips, and a
    "target" hangs on nothing; bones have several rotation modes, and lower legs are connected."""
    (vertices, faces), bones = unposed_dog()
    armature = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
    bpy.context.scene.collection.objects.link(armature)
    armature.location, armature.rotation_euler, armature.scale = (1, 2, 0.5), Euler((0.2, -0.3, 1.2)), [scale] * 3
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    made = {}
    for name, above, head, tail in [("control", "", (0, 0.6, 0), (0, 0.8, 0)), ("target", "", (1, 0, 0), (1, 0, 0.2)), *DOG]:
        bone = made[name] = armature.data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = head, tail, 0.3
        bone.parent = made.get(above or ("control" if name == "hips" else ""))
        bone.use_connect = "lower" in name
        bone.use_deform = name not in ("control", "target")
    bpy.ops.object.mode_set(mode="OBJECT")
    modes = {"head": "XYZ", "neck": "ZYX", "chest": "AXIS_ANGLE"}
    for name, mode in modes.items():
        armature.pose.bones[name].rotation_mode = mode
    mesh = bpy.data.meshes.new("dog")
    mesh.from_pydata(vertices.tolist(), [], faces)
    host = bpy.data.objects.new("dog", mesh)
    bpy.context.scene.collection.objects.link(host)
    host.matrix_world = armature_place = Matrix.LocRotScale(armature.location, armature.rotation_euler, armature.scale)
    for bone, name in enumerate(bones.names):
        group = host.vertex_groups.new(name=name)
        for vertex in np.flatnonzero(bones.weights[:, bone]).tolist():
            group.add([vertex], bones.weights[vertex, bone], "REPLACE")
    host.modifiers.new("Armature", "ARMATURE").object = armature
    if parent:
        host.parent, host.matrix_parent_inverse = armature, armature_place.inverted()
    bpy.context.view_layer.update()
    for item in bpy.context.view_layer.objects.selected:
        item.select_set(False)
    host.select_set(True)
    bpy.context.view_layer.objects.active = host
    return host, armature


def running_rig(host: bpy.types.Object, armature: bpy.types.Object) -> Rig:
    """What an engine could make of it: every bone turns about its head, the whole goes along X, turns and grows."""
    _, bones = unposed_dog()
    place = np.array(armature.matrix_world)
    heads, tails = (each @ place[:3, :3].T + place[:3, 3] - np.array(host.location) for each in (bones.heads, bones.tails))
    vertices = np.array([vertex.co for vertex in host.data.vertices]) @ np.array(host.matrix_world)[:3, :3].T
    pose = np.tile(np.eye(4), (FRAMES, len(heads), 1, 1))
    random = np.random.default_rng(0)
    for bone, parent in enumerate(bones.parents):
        axis = random.normal(size=3)
        for frame in range(FRAMES):
            turn = Quaternion(axis, 0.35 * np.sin(2 * np.pi * frame / FRAMES + bone))
            about = Matrix.Translation(heads[bone]) @ turn.to_matrix().to_4x4() @ Matrix.Translation(-heads[bone])
            own = np.array(about) if parent >= 0 else np.array(Matrix.Translation((0, 0, 0.1 * frame)) @ about)
            pose[frame, bone] = (pose[frame, parent] if parent >= 0 else np.eye(4)) @ own
    turns = np.linspace(0, 0.6, FRAMES)
    root = np.zeros((FRAMES, 10))
    root[:, 0], root[:, 3], root[:, 6], root[:, 7:] = turns, np.cos(turns / 2), np.sin(turns / 2), 1 + turns[:, None] / 4
    order = np.argsort(-bones.weights, 1)[:, :4]
    weights = np.take_along_axis(bones.weights, order, 1)
    return Rig(
        bones.names, bones.parents, np.float32(heads), np.float32(tails), np.float32(pose),
        np.float32(weights / weights.sum(1, keepdims=True)), np.int32(order), np.float32(root), np.float32(vertices),
    )  # fmt: skip


def shown(host: bpy.types.Object, frame: float) -> np.ndarray:
    """What it shows at a frame, world."""
    bpy.context.scene.frame_set(int(frame), subframe=frame - int(frame))
    evaluated = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ vertex.co for vertex in evaluated.data.vertices])


def write_dog_asset(host: bpy.types.Object, armature: bpy.types.Object, folder: Path) -> Path:
    """An asset folder of `running_rig`."""
    rig = running_rig(host, armature)
    folder.mkdir()
    triangles = np.array([[0, 1, 2]], np.int32)
    positions = np.float32([rig.in_world(rig.vertices(frame), frame) for frame in range(FRAMES)])
    np.savez(folder / "mesh.npz", vertices=positions, triangles=triangles, uv=np.zeros((1, 3, 2), np.float32), rest=rig.rest)
    names = ("parents", "rest_head", "rest_tail", "pose", "weights", "bones", "root")
    np.savez(folder / "rig.npz", names=np.array(rig.names), **{name: getattr(rig, name) for name in names})
    return finish(folder, FRAMES, {"format": 2, "topology": "rigged", "texture": "one", "prompt": "a dog running"})


def save_dog(folder: str) -> None:
    """Writes dog.blend, with the dog on its armature beside Blender's own cube, and its asset folder "asset", into a folder."""
    write_dog_asset(*add_rigged_dog(), Path(folder) / "asset")
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(folder) / "dog.blend"))
