import bpy
import pytest

from mav3d_blender.timeline import compat
from mav3d_blender.timeline.animation.timing import Timing
from mav3d_blender.timeline.geometry_nodes import frame_input


def host_with(count: int, timing: Timing) -> tuple[bpy.types.Object, bpy.types.FCurve]:
    host = bpy.data.objects.new("host", bpy.data.meshes.new("host"))
    frame_input.add_modifier(host, "Shown", frame_input.new_group("group", "Which one is shown"), count, timing)
    return host, frame_input.curve_of(host, host.modifiers["Shown"])


def test_a_group_takes_geometry_and_a_frame_and_gives_geometry(scene):
    tree = frame_input.new_group("group", "Which one is shown")
    items = [(item.name, item.in_out, item.socket_type.removeprefix("NodeSocket")) for item in tree.interface.items_tree]
    assert sorted(items) == [("Frame", "INPUT", "Int"), ("Geometry", "INPUT", "Geometry"), ("Geometry", "OUTPUT", "Geometry")]
    assert tree.is_modifier and tree.interface.items_tree["Frame"].description == "Which one is shown"


def test_frame_i_is_shown_at_clip_frame_i_and_held_until_the_next(scene):
    _, curve = host_with(3, Timing(10, 2.0))
    assert [curve.evaluate(frame) for frame in (-5, 10, 11.9, 12, 14, 99)] == [0, 0, 0, 1, 2, 2]


@pytest.mark.parametrize(("repeat", "values"), [("LOOP", [2, 0, 1, 2, 0, 1]), ("PING_PONG", [1, 0, 1, 2, 1, 0])])
def test_it_repeats(scene, repeat, values):
    _, curve = host_with(3, Timing(1, 1.0, repeat))
    assert [curve.evaluate(frame) for frame in range(6)] == values


def test_the_curve_drives_the_modifier(scene):
    host, curve = host_with(3, Timing(1))
    scene.collection.objects.link(host)
    scene.frame_set(2)
    assert host.path_resolve(curve.data_path) == 1


def test_a_curve_that_was_deleted_is_none(scene):
    host, curve = host_with(3, Timing(1))
    compat.remove_fcurve(host, curve)
    assert frame_input.curve_of(host, host.modifiers["Shown"]) is None
