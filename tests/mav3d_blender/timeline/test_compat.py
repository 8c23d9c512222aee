"""What differs between Blender's versions, in the one that runs."""

import bpy
import pytest

from mav3d_blender.timeline import compat


def animated(name: str, **keys: int) -> bpy.types.Object:
    """An empty with a key of each property."""
    host = bpy.data.objects.new(name, None)
    for path, value in keys.items():
        curve = compat.new_fcurve(host, path)
        curve.keyframe_points.insert(1, value)
    return host


def paths(owner: bpy.types.ID) -> list[str]:
    return [curve.data_path for curve in compat.fcurves(owner)]


def test_what_is_not_animated_has_no_curves(scene):
    host = bpy.data.objects.new("host", None)
    assert compat.fcurves(host) == []
    host.animation_data_create()
    assert compat.fcurves(host) == []
    host.animation_data.action = bpy.data.actions.new("empty")
    assert compat.fcurves(host) == []


def test_a_curve_animates_its_owner(scene):
    host = animated("host", pass_index=7)
    scene.collection.objects.link(host)
    assert paths(host) == ["pass_index"] and host.animation_data.action.name == "host Action"
    scene.frame_set(1)
    assert host.pass_index == 7


def test_all_curves_of_an_owner_are_in_one_action(scene):
    host = animated("host", pass_index=7, empty_display_size=2)
    assert paths(host) == ["pass_index", "empty_display_size"] and len(bpy.data.actions) == 1


def test_a_curve_is_removed(scene):
    host = animated("host", pass_index=7, empty_display_size=2)
    compat.remove_fcurve(host, compat.fcurves(host)[0])
    assert paths(host) == ["empty_display_size"]


def test_a_copied_action_is_the_owner_s_alone(scene):
    host, other = animated("host", pass_index=7), bpy.data.objects.new("other", None)
    scene.collection.objects.link(other)
    shared = host.animation_data.action
    other.animation_data_create().action = shared
    if hasattr(shared, "slots"):
        other.animation_data.action_slot = shared.slots.new(id_type="OBJECT", name="other")
        compat.new_fcurve(other, "empty_display_size").keyframe_points.insert(1, 3)
        compat.copy_action(other)
        assert paths(other) == ["empty_display_size"] and len(other.animation_data.action.slots) == 1
    else:
        compat.copy_action(other)
    assert other.animation_data.action != shared and host.animation_data.action == shared
    assert paths(host) == ["pass_index"]
    compat.fcurves(other)[0].keyframe_points[0].co.y = 9
    assert compat.fcurves(host)[0].keyframe_points[0].co.y == 7


@pytest.mark.parametrize("name", ["Steps", 'a "quoted" name'])
def test_a_modifier_s_input_is_set_and_found(scene, name):
    tree = bpy.data.node_groups.new("group", "GeometryNodeTree")
    identifier = tree.interface.new_socket("Number", in_out="INPUT", socket_type="NodeSocketInt").identifier
    host = bpy.data.objects.new("host", bpy.data.meshes.new("mesh"))
    modifier = host.modifiers.new(name, "NODES")
    modifier.node_group = tree
    compat.set_modifier_input(modifier, identifier, 5)
    assert host.path_resolve(compat.modifier_input_path(modifier, identifier)) == 5
