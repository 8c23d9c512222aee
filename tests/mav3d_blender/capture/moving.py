"""Objects that move in each of the ways that there are."""

import bpy
import numpy as np


def add(name: str, vertices, faces) -> bpy.types.Object:
    """A mesh object in the scene."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    host = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(host)
    return host


def grid(name: str = "grid", count: int = 4) -> bpy.types.Object:
    """A square of quadrilaterals, one metre a side."""
    vertices = [(x / count, y / count, 0) for y in range(count + 1) for x in range(count + 1)]
    corner = [y * (count + 1) + x for y in range(count) for x in range(count)]
    return add(name, vertices, [(c, c + 1, c + count + 2, c + count + 1) for c in corner])


def slide(host: bpy.types.Object, last: int = 10, shift: tuple[float, float, float] = (1, 0, 0)) -> None:
    """Keyframes of its location, from where it is at frame 1 to `shift` away at `last`."""
    place = np.array(host.location)
    for frame, share in ((1, 0), (last, 1)):
        host.location = place + share * np.array(shift)
        host.keyframe_insert("location", frame=frame)


def waving() -> bpy.types.Object:
    """A grid with a Wave modifier."""
    host = grid("cloth", 6)
    wave = host.modifiers.new("wave", "WAVE")
    wave.height, wave.width, wave.speed = 0.3, 0.5, 0.2
    return host


def bending() -> tuple[bpy.types.Object, bpy.types.Object]:
    """A grid and the armature, its parent, whose second bone turns."""
    armature = bpy.data.objects.new("rig", bpy.data.armatures.new("rig"))
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for name, start in (("lower", 0.0), ("upper", 0.5)):
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail = (0.5, start, 0), (0.5, start + 0.5, 0)
    bpy.ops.object.mode_set(mode="OBJECT")
    host = grid("body")
    host.parent = armature
    for name, numbers in (("lower", range(13)), ("upper", range(13, 25))):
        host.vertex_groups.new(name=name).add(list(numbers), 1.0, "REPLACE")
    host.modifiers.new("rig", "ARMATURE").object = armature
    bone = armature.pose.bones["upper"]
    bone.rotation_mode = "XYZ"
    for frame, angle in ((1, 0.0), (10, 1.0)):
        bone.rotation_euler.x = angle
        bone.keyframe_insert("rotation_euler", frame=frame)
    return host, armature


def shrinking() -> bpy.types.Object:
    """A grid with a Decimate modifier that takes more and more faces away."""
    host = grid("eaten", 8)
    decimate = host.modifiers.new("decimate", "DECIMATE")
    for frame, ratio in ((1, 1.0), (10, 0.3)):
        decimate.ratio = ratio
        decimate.keyframe_insert("ratio", frame=frame)
    return host


def instancing() -> bpy.types.Object:
    """Two points whose Geometry Nodes put a cube on each, which slides."""
    host = add("points", [(0, 0, 0), (5, 0, 0)], [])
    tree = bpy.data.node_groups.new("cubes", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    entry, exit_ = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    cube, instance = tree.nodes.new("GeometryNodeMeshCube"), tree.nodes.new("GeometryNodeInstanceOnPoints")
    tree.links.new(entry.outputs[0], instance.inputs["Points"])
    tree.links.new(cube.outputs[0], instance.inputs["Instance"])
    tree.links.new(instance.outputs[0], exit_.inputs[0])
    host.modifiers.new("cubes", "NODES").node_group = tree
    slide(host)
    return host


def world_points(host: bpy.types.Object, frame: int) -> np.ndarray:
    """Where the vertices of an object are at a frame, by Blender's own way."""
    bpy.context.scene.frame_set(frame)
    shown = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([shown.matrix_world @ vertex.co for vertex in shown.data.vertices])
