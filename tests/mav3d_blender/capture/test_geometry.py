import bpy
import numpy as np
import pytest

from mav3d_blender.capture.geometry import _reversed, evaluated, with_children
from tests.mav3d_blender.capture.moving import add, bending, grid, instancing, waving, world_points


def captured(*objects: bpy.types.Object, frame: int = 5, number_of=lambda material: -1):
    bpy.context.scene.frame_set(frame)
    return evaluated(list(objects), bpy.context.evaluated_depsgraph_get(), number_of)


def test_modifiers_and_keyframes_are_in_it(scene):
    host = waving()
    host.scale, host.rotation_euler = (2, 1, 1), (0, 0, 0.3)
    geometry = captured(host, frame=30)
    assert geometry.vertices == pytest.approx(world_points(host, 30), abs=1e-5) and np.ptp(geometry.vertices[:, 2]) > 0.05
    assert geometry.counts.tolist() == [4] * 36 and geometry.corners[:4].tolist() == [0, 1, 8, 7]
    assert (geometry.uv, geometry.colours) == (None, None) and (geometry.material == -1).all()


def test_an_armature_stands_for_what_hangs_on_it(scene):
    host, armature = bending()
    geometry = captured(*with_children([armature]), frame=10)
    assert geometry.vertices == pytest.approx(world_points(host, 10), abs=1e-5)
    assert captured(armature).vertices.shape == (0, 3)


def test_instances_of_nodes_and_collections_are_meshes(scene):
    host = instancing()
    geometry = captured(host, frame=10)
    assert len(geometry.counts) == 12 and geometry.vertices[:8].mean(0) == pytest.approx([1, 0, 0], abs=1e-6)
    assert geometry.vertices[8:].mean(0) == pytest.approx([6, 0, 0], abs=1e-6)
    collection = bpy.data.collections.new("part")
    collection.objects.link(bpy.data.objects.new("triangle", add("other", [(0, 0, 0), (1, 0, 0), (0, 1, 0)], [(0, 1, 2)]).data))
    empty = bpy.data.objects.new("instance", None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", collection, (0, 0, 3)
    scene.collection.objects.link(empty)
    assert captured(empty).vertices.tolist() == [[0, 0, 3], [1, 0, 3], [0, 1, 3]]


def test_curves_and_texts_come_once(scene):
    curve = bpy.data.curves.new("ring", "CURVE")
    curve.dimensions, curve.bevel_depth = "3D", 0.1
    line = curve.splines.new("POLY")
    line.points.add(1)
    line.points[1].co = (0, 0, 1, 1)
    host = bpy.data.objects.new("ring", curve)
    scene.collection.objects.link(host)
    geometry = captured(host)
    mesh = host.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    assert 0 < len(geometry.counts) == len(mesh.polygons)


def test_a_mirrored_mesh_is_turned_inside_out_again(scene):
    host = grid()
    layer = host.data.uv_layers.new(name="uv")
    layer.uv.foreach_set("vector", np.arange(128, dtype=np.float32))
    host.scale.x = -1
    geometry = captured(host)
    a, b, c = geometry.vertices[geometry.corners[:3]]
    assert np.cross(b - a, c - a)[2] > 0
    assert geometry.corners[:4].tolist() == [0, 5, 6, 1] and geometry.uv[:4].tolist() == [[0, 1], [6, 7], [4, 5], [2, 3]]
    assert _reversed(np.array([3, 4])).tolist() == [0, 2, 1, 3, 6, 5, 4]


@pytest.mark.parametrize(("domain", "kind"), [("POINT", "FLOAT_COLOR"), ("CORNER", "BYTE_COLOR")])
def test_colours_are_srgb_of_the_corners(scene, domain, kind):
    host = grid()
    attribute = host.data.color_attributes.new("Col", kind, domain)
    for number, item in enumerate(attribute.data):
        item.color_srgb = (number % 2, 0.5, 0, 1)
    geometry = captured(host)
    own = geometry.corners if domain == "POINT" else np.arange(len(geometry.corners))
    assert geometry.colours[:, 0] == pytest.approx(own % 2, abs=1e-4)
    assert geometry.colours[:, 1] == pytest.approx(0.5, abs=2e-3)


def test_slots_are_numbers_of_materials_and_the_objects_own_go_first(scene):
    host = grid()
    names = {name: bpy.data.materials.new(name) for name in ("red", "blue", "own")}
    host.data.materials.append(names["red"])
    host.data.materials.append(names["blue"])
    host.data.polygons[3].material_index = 1
    host.material_slots[0].link, host.material_slots[0].material = "OBJECT", names["own"]
    geometry = captured(host, number_of=lambda material: {"red": 1, "blue": 2, "own": 3}[material.name])
    assert geometry.material[:5].tolist() == [3, 3, 3, 2, 3]


def test_what_is_hidden_is_not_seen(scene):
    host = grid()
    host.hide_set(True)
    assert len(captured(host).counts) == 0


def test_several_objects_are_one_and_lack_what_one_lacks(scene):
    one, two = grid("one"), grid("two")
    two.location.z = 2
    one.data.uv_layers.new(name="uv")
    one.data.color_attributes.new("Col", "BYTE_COLOR", "POINT")
    geometry = captured(one, two)
    assert len(geometry.vertices) == 50 and geometry.corners.max() == 49 and geometry.colours is None
    assert geometry.uv.shape == (128, 2) and not geometry.uv[64:].any()
    assert geometry.same_faces(captured(one, two, frame=7)) and not geometry.same_faces(captured(one))
