"""A mesh that changes from frame to frame: one object whose Geometry Nodes pick a mesh by a keyframed integer.

The frames are ordinary, editable objects in a collection of their own that no view layer shows. Retiming, looping and
holding are edits of one curve; no Python handler is needed to play or to render.
"""

from __future__ import annotations

import bpy

from . import compat

GROUP_NAME = "MAV3D Sequence"
INPUT_NAME = "Frame"


def make_sequence(name: str, meshes: list[bpy.types.Mesh], collection: bpy.types.Collection, start: int) -> bpy.types.Object:
    """An object in `collection` that shows meshes[i] at timeline frame start + i, and the ends before and after."""
    frames = bpy.data.collections.new(f"{name} frames")
    for index, mesh in enumerate(meshes):
        # The collection is read in alphabetical order, hence the zeros.
        frames.objects.link(bpy.data.objects.new(f"{name} {index + 1:04d}", mesh))
    host_mesh = bpy.data.meshes.new(name)
    for material in meshes[0].materials:
        host_mesh.materials.append(material)
    host = bpy.data.objects.new(name, host_mesh)
    collection.objects.link(host)
    group = _group(name, frames)
    modifier = host.modifiers.new(GROUP_NAME, "NODES")
    modifier.node_group = group
    identifier = next(item.identifier for item in group.interface.items_tree if item.name == INPUT_NAME)
    for index in range(len(meshes)):
        compat.set_modifier_input(modifier, identifier, index)
        compat.key_modifier_input(modifier, identifier, start + index)
    for curve in compat.fcurves(host):
        for point in curve.keyframe_points:
            point.interpolation = "CONSTANT"
    return host


def _group(name: str, frames: bpy.types.Collection) -> bpy.types.NodeTree:
    """Collection -> pick one instance by index -> real geometry."""
    tree = bpy.data.node_groups.new(f"{name} {GROUP_NAME}", "GeometryNodeTree")
    tree.is_modifier = True
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    frame = tree.interface.new_socket(INPUT_NAME, in_out="INPUT", socket_type="NodeSocketInt")
    frame.description = "Which mesh of the sequence is shown, from 0"
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    nodes, links = tree.nodes, tree.links
    entry, exit_ = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    source = nodes.new("GeometryNodeCollectionInfo")
    source.inputs["Collection"].default_value = frames
    source.inputs["Separate Children"].default_value = True
    source.inputs["Reset Children"].default_value = True
    point = nodes.new("GeometryNodePoints")
    point.inputs["Count"].default_value = 1
    instance = nodes.new("GeometryNodeInstanceOnPoints")
    instance.inputs["Pick Instance"].default_value = True
    realize = nodes.new("GeometryNodeRealizeInstances")
    links.new(point.outputs[0], instance.inputs["Points"])
    links.new(source.outputs[0], instance.inputs["Instance"])
    links.new(entry.outputs[INPUT_NAME], instance.inputs["Instance Index"])
    links.new(instance.outputs[0], realize.inputs[0])
    links.new(realize.outputs[0], exit_.inputs[0])
    for column, node in enumerate((entry, source, point, instance, realize, exit_)):
        node.location = (200 * column, 0)
    return tree
