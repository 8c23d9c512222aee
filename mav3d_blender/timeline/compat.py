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


def modifier_input_path(modifier: bpy.types.NodesModifier, identifier: str) -> str:
    """The data path of that input from the object, for F-curves and drivers."""
    path = f'modifiers["{bpy.utils.escape_identifier(modifier.name)}"]'
    if _inputs(modifier) is None:
        return f'{path}["{identifier}"]'
    return f"{path}.properties.inputs.{identifier}.value"


def fcurves(owner: bpy.types.ID) -> list[bpy.types.FCurve]:
    """The F-curves that animate `owner`; actions have slots since 4.4 and no curves of their own since 5.0."""
    animation = owner.animation_data
    if animation is None or animation.action is None:
        return []
    channels = _channels(owner)
    return list(channels.fcurves) if channels else []


def new_fcurve(owner: bpy.types.ID, data_path: str, index: int = 0, group: str = "") -> bpy.types.FCurve:
    """An empty F-curve for a property of `owner`, in its action; `owner` gets an action where it has none.

    index: which of a property's numbers. group: the name that the curve is listed under, beside others.
    """
    begin_action(owner, f"{owner.name} Action")
    channels = _channels(owner, ensure=True)
    curve = channels.fcurves.new(data_path, index=index)
    if group:
        curve.group = channels.groups.get(group) or channels.groups.new(group)
    return curve


def begin_action(owner: bpy.types.ID, name: str) -> None:
    """Gives `owner` a new action called `name`, where it has none, and in it a slot of its own."""
    animation = owner.animation_data or owner.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new(name)
    action = animation.action
    if hasattr(action, "slots"):
        if animation.action_slot is None:
            animation.action_slot = action.slots.new(id_type=owner.id_type, name=owner.name)
        if not action.layers:
            action.layers.new("Layer").strips.new(type="KEYFRAME")


def share_action(owner: bpy.types.ID, other: bpy.types.ID) -> None:
    """Animates `owner` by the action, and the part of it, that animates `other`."""
    animation = owner.animation_data or owner.animation_data_create()
    animation.action = other.animation_data.action
    if hasattr(animation, "action_slot"):
        animation.action_slot = other.animation_data.action_slot


def copy_action(owner: bpy.types.ID) -> None:
    """Puts a copy in the place of the action of `owner`, with its own curves alone."""
    animation = owner.animation_data
    slot = getattr(animation, "action_slot", None)
    action = animation.action.copy()
    animation.action = action
    if slot is not None:
        animation.action_slot = action.slots[slot.identifier]
        for other in list(action.slots):
            if other.identifier != slot.identifier:
                action.slots.remove(other)


def remove_fcurve(owner: bpy.types.ID, curve: bpy.types.FCurve) -> None:
    """Takes one of fcurves(owner) out of its action."""
    _channels(owner).fcurves.remove(curve)


def _channels(owner: bpy.types.ID, ensure: bool = False):
    """What holds the F-curves of `owner` in its action: the action itself up to 4.3, the slot's channelbag from 4.4 on."""
    action = owner.animation_data.action
    if not hasattr(action, "slots"):
        return action
    slot = owner.animation_data.action_slot
    if slot is None or not action.layers or not action.layers[0].strips:
        return None
    return action.layers[0].strips[0].channelbag(slot, ensure=ensure)


def _inputs(modifier: bpy.types.NodesModifier):
    properties = getattr(modifier, "properties", None)
    return getattr(properties, "inputs", None)
