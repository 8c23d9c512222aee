import bpy
import numpy as np
import pytest

from mav3d_blender.export import verify
from mav3d_blender.export.verify import MOMENTS, ExportError, boxes, check_file
from mav3d_blender.timeline import compat


def add_cube(scene, travel: float = 0.0) -> bpy.types.Object:
    """A cube of 2 metres that goes by `travel` along X from frame 0 to frame 10, evenly."""
    bpy.ops.mesh.primitive_cube_add()
    host = bpy.context.object
    for frame, place in ((0, 0.0), (10, travel)):
        host.location.x = place
        host.keyframe_insert("location", frame=frame)
    for curve in compat.fcurves(host):
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
    return host


def test_boxes_are_those_of_what_is_seen_at_each_moment(scene):
    found = boxes(scene, [add_cube(scene, travel=10.0)], 10)
    frames = np.array([round(moment * 10) for moment in MOMENTS])
    assert found.shape == (len(MOMENTS), 2, 3)
    assert found[:, 0, 0] == pytest.approx(frames - 1) and found[:, 1, 0] == pytest.approx(frames + 1)
    assert found[:, :, 1:] == pytest.approx(np.tile([[-1, -1], [1, 1]], (len(MOMENTS), 1, 1)))


def test_nothing_to_be_seen_is_one_sentence(scene):
    empty = bpy.data.objects.new("empty", bpy.data.meshes.new("empty"))
    scene.collection.objects.link(empty)
    with pytest.raises(ExportError, match="there is no mesh at frame 0"):
        boxes(scene, [empty], 10)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0.0, 10.0, None),
        # Two per cent of the way that it takes is near enough.
        (0.1, 10.1, None),
        (3.0, 13.0, "not where Blender shows it"),
        (0.0, 4.0, "its motion is not the one"),
    ],
)
def test_a_file_is_compared_with_what_was_seen(scene, tmp_path, monkeypatch, first, last, said):
    expected = boxes(scene, [add_cube(scene, travel=10.0)], 10)

    def read(path, kind):
        cube = add_cube(bpy.context.scene, travel=last - first)
        cube.delta_location.x = first

    monkeypatch.setattr(verify, "read", read)
    before = {name: len(getattr(bpy.data, name)) for name in ("objects", "meshes", "scenes", "actions")}
    if said is None:
        check_file(tmp_path / "a.glb", "GLB", expected, scene, 10)
    else:
        with pytest.raises(ExportError, match=said):
            check_file(tmp_path / "a.glb", "GLB", expected, scene, 10)
    assert {name: len(getattr(bpy.data, name)) for name in before} == before


def test_a_file_without_a_mesh_is_said(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "read", lambda path, kind: None)
    with pytest.raises(ExportError, match="it holds no mesh"):
        check_file(tmp_path / "a.glb", "GLB", np.zeros((len(MOMENTS), 2, 3)), scene, 10)
