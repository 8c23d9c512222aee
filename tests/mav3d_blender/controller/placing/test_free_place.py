import bpy
import numpy as np
import pytest

from mav3d_blender.controller.placing.free_place import GAP, expected_box, free_place

BOX = expected_box(1.0)


def add_cube(size: float, location=(0, 0, 0), **hidden) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=size, location=location)
    host = bpy.context.object
    for name, value in hidden.items():
        setattr(host, name, value)
    bpy.context.view_layer.update()
    return host


@pytest.fixture
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def test_where_nothing_is_in_the_way_it_stays(scene):
    assert free_place(scene, (1, 2, 3), BOX) == (1, 2, 3)
    add_cube(2, (5, 2, 3))
    add_cube(2, (1, 2, 3), hide_viewport=True)
    bpy.ops.mesh.primitive_plane_add(size=4, location=(1, 2, 3))
    assert free_place(scene, (1, 2, 3), BOX) == (1, 2, 3), "one stands on a floor, and through what is hidden"


def test_it_is_beside_what_is_there_one_after_the_other(scene):
    add_cube(2)
    first = free_place(scene, (0, 0, 0), BOX)
    assert first == pytest.approx((1 + 0.5 + GAP, 0, 0))
    add_cube(1, (first[0], 0, 0.5))
    assert free_place(scene, (0, 0, 0), BOX) == pytest.approx((first[0] + 1 + GAP, 0, 0))


def test_a_room_is_stood_in(scene):
    add_cube(40)
    assert free_place(scene, (0, 0, 0), BOX) == (0, 0, 0)


def test_an_object_whose_size_is_the_engines_takes_the_room_of_its_world():
    assert np.ptp(expected_box(0.0), axis=0) == pytest.approx([2, 2, 2])
