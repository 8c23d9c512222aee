"""A Geometry Nodes modifier with one keyed integer, "Frame": what it shows of a row of things at each moment, from 0.

Retiming, looping and holding are edits of that one curve; no Python handler is needed to play or to render.
"""

from __future__ import annotations

import bpy
import numpy as np

from .. import compat
from ..animation.keyframes import write_curve
from ..animation.timing import Timing

INPUT_NAME = "Frame"


def new_group(name: str, description: str) -> bpy.types.NodeTree:
    """An empty group for such a modifier: geometry and the frame in, geometry out."""
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    tree.is_modifier = True
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    frame = tree.interface.new_socket(INPUT_NAME, in_out="INPUT", socket_type="NodeSocketInt")
    frame.description = description
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    return tree


def add_modifier(host: bpy.types.Object, name: str, group: bpy.types.NodeTree, count: int, timing: Timing) -> None:
    """Puts `group` on `host`: Frame is i at clip frame i, for i below `count`."""
    modifier = host.modifiers.new(name, "NODES")
    modifier.node_group = group
    identifier = _identifier(group)
    # Makes the input a property of the modifier, which the curve needs to find.
    compat.set_modifier_input(modifier, identifier, 0)
    index = np.arange(timing.knots(count) + 1)
    path = compat.modifier_input_path(modifier, identifier)
    write_curve(host, path, timing.at(index), index % count, "CONSTANT", timing.repeat)


def curve_of(host: bpy.types.Object, modifier: bpy.types.NodesModifier) -> bpy.types.FCurve | None:
    """The F-curve of the modifier's Frame; None where it has lost it."""
    path = compat.modifier_input_path(modifier, _identifier(modifier.node_group))
    return next((curve for curve in compat.fcurves(host) if curve.data_path == path), None)


def _identifier(group: bpy.types.NodeTree) -> str:
    return next(item.identifier for item in group.interface.items_tree if item.name == INPUT_NAME)
