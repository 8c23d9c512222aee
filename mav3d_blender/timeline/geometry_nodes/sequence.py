"""A mesh that changes from frame to frame: one object whose Geometry Nodes pick a mesh by a keyframed integer.

The frames are ordinary, editable objects in a collection of their own that no view layer shows.
"""

from __future__ import annotations

import bpy

from ..animation.timing import Timing
from . import frame_input

MODIFIER_NAME, SOURCE = "MAV3D Sequence", "GeometryNodeCollectionInfo"


def make_sequence(
    name: str, meshes: list[bpy.types.Mesh], collection: bpy.types.Collection, timing: Timing
) -> bpy.types.Object:
    """An object in `collection` that shows meshes[i] at clip frame i."""
    host = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    collection.objects.link(host)
    add_sequence(host, meshes, timing)
    return host


def add_sequence(host: bpy.types.Object, meshes: list[bpy.types.Mesh], timing: Timing) -> None:
    """Makes an object with an empty mesh show meshes[i] at clip frame i."""
    frames = bpy.data.collections.new(f"{host.name} frames")
    for index, mesh in enumerate(meshes):
        # The collection is read in alphabetical order, hence the zeros.
        frames.objects.link(bpy.data.objects.new(f"{host.name} {index + 1:04d}", mesh))
    for material in meshes[0].materials:
        host.data.materials.append(material)
    frame_input.add_modifier(host, MODIFIER_NAME, _group(f"{host.name} {MODIFIER_NAME}", frames), len(meshes), timing)


def sequence_of(host: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The modifier that makes `host` a sequence, whatever it is called by now; None on any other object."""
    for modifier in host.modifiers:
        if modifier.type == "NODES" and modifier.node_group and _picks_by_frame(modifier.node_group):
            return modifier
    return None


def frames_of(modifier: bpy.types.NodesModifier) -> bpy.types.Collection:
    """The collection of a sequence's frames, which are in alphabetical order."""
    source = next(node for node in modifier.node_group.nodes if node.bl_idname == SOURCE)
    return source.inputs["Collection"].default_value


def _picks_by_frame(group: bpy.types.NodeTree) -> bool:
    inputs = [item.name for item in group.interface.items_tree]
    return frame_input.INPUT_NAME in inputs and any(node.bl_idname == SOURCE for node in group.nodes)


def _group(name: str, frames: bpy.types.Collection) -> bpy.types.NodeTree:
    """Collection -> pick one instance by index -> real geometry."""
    tree = frame_input.new_group(name, "Which mesh of the sequence is shown, from 0")
    nodes, links = tree.nodes, tree.links
    entry, exit_ = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    source = nodes.new(SOURCE)
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
    links.new(entry.outputs[frame_input.INPUT_NAME], instance.inputs["Instance Index"])
    links.new(instance.outputs[0], realize.inputs[0])
    links.new(realize.outputs[0], exit_.inputs[0])
    # What is picked above, where it stands in the middle, which one below: no link runs behind a node.
    place = {source: (0, 200), point: (0, -60), entry: (0, -240), instance: (260, 0), realize: (500, 0), exit_: (740, 0)}
    for node, location in place.items():
        node.location = location
    return tree
