"""A material that changes from frame to frame on one mesh: Geometry Nodes pick one of its slots by a keyframed integer.

Each frame's picture stays a picture of its own, which can be painted on, replaced and packed (Blender packs no image sequence).
Exporters that read the plain mesh find the first frame's material on it.
"""

from __future__ import annotations

import bpy

from ..animation.timing import Timing
from . import frame_input

MODIFIER_NAME = "MAV3D Materials"


def add_material_frames(host: bpy.types.Object, materials: list[bpy.types.Material], timing: Timing) -> None:
    """Gives `host`, a mesh object without materials, materials[i] at clip frame i.

    Faces that are given a slot of their own by hand, any but the first, keep it.
    """
    for material in materials:
        host.data.materials.append(material)
    frame_input.add_modifier(host, MODIFIER_NAME, _group(f"{host.name} {MODIFIER_NAME}"), len(materials), timing)


def _group(name: str) -> bpy.types.NodeTree:
    """Where the material index is 0, make it the frame's."""
    tree = frame_input.new_group(name, "Which material slot is shown, from 0")
    nodes, links = tree.nodes, tree.links
    entry, exit_ = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    slot = nodes.new("GeometryNodeInputMaterialIndex")
    first = nodes.new("FunctionNodeBooleanMath")
    first.operation = "NOT"
    change = nodes.new("GeometryNodeSetMaterialIndex")
    links.new(slot.outputs[0], first.inputs[0])
    links.new(first.outputs[0], change.inputs["Selection"])
    links.new(entry.outputs["Geometry"], change.inputs["Geometry"])
    links.new(entry.outputs[frame_input.INPUT_NAME], change.inputs["Material Index"])
    links.new(change.outputs[0], exit_.inputs[0])
    place = {slot: (0, -60), first: (220, -60), entry: (220, 120), change: (480, 60), exit_: (720, 60)}
    for node, location in place.items():
        node.location = location
    return tree
