"""What differs between Blender 4.2 and 5.2."""

from __future__ import annotations

import bpy


def set_modifier_input(modifier: bpy.types.NodesModifier, identifier: str, value: int) -> None:
    """Sets a Geometry Nodes modifier's input; 5.2 moved them from the modifier's own keys to properties."""
    inputs = _inputs(modifier)
    if inputs is None:
        modifier[identifier] = value
    else:
        getattr(inputs, identifier).value = value


def key_modifier_input(modifier: bpy.types.NodesModifier, identifier: str, frame: int) -> None:
    """Keyframes that input at `frame`."""
    inputs = _inputs(modifier)
    if inputs is None:
        path = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"]["{identifier}"]'
        modifier.id_data.keyframe_insert(path, frame=frame)
    else:
        getattr(inputs, identifier).keyframe_insert("value", frame=frame)


def fcurves(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
    """The F-curves that animate `owner`; actions have slots since 4.4 and no curves of their own since 5.0."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return []
    if hasattr(animation.action, "fcurves"):
        return list(animation.action.fcurves)
    from bpy_extras import anim_utils

    channelbag = anim_utils.action_get_channelbag_for_slot(animation.action, animation.action_slot)
    return list(channelbag.fcurves) if channelbag else []


def _inputs(modifier: bpy.types.NodesModifier):
    properties = getattr(modifier, "properties", None)
    return getattr(properties, "inputs", None)
