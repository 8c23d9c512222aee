"""Animate This Mesh as a user meets it, with an engine that is played: it makes an octahedron of every request."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from engine.reference.given.mesh import read_given_mesh
from mav3d_blender.controller.animate import mesh_prompt_problem, mesh_to_animate, object_problem
from mav3d_blender.controller.state import state
from tests.mav3d_blender.capture.moving import add
from tests.mav3d_blender.fake_engine import FACES, POINTS


@pytest.fixture
def host(addon) -> bpy.types.Object:
    host = add("a kite", POINTS, FACES)
    host.location, host.scale = (1, 2, 3), (2, 2, 2)
    host.select_set(True)
    bpy.context.view_layer.objects.active = host
    bpy.context.view_layer.update()
    addon.mav3d.prompt = "running"
    return host


def test_the_mesh_goes_to_the_engine_and_the_result_comes_to_the_object(addon, host):
    with pytest.raises(RuntimeError, match="a kite"):
        # The octahedron that is played is no longer this one, which is twice as large.
        bpy.ops.mav3d.animate_mesh()
    (job,) = state().jobs()
    path = Path(job.request["mesh"])
    mesh = read_given_mesh(path)
    np.testing.assert_allclose(mesh.vertices, 2 * np.array(POINTS), atol=1e-6)
    assert path.parent == Path(job.folder) / "input" and len(mesh.triangles) == 8
    assert job.target["object"] == "a kite" and not job.imported and len(bpy.data.objects) == 1
    assert not list(path.parent.parent.parent.glob("capture-*")) and "image" not in job.request


def test_a_motion_alone_is_enough_of_a_prompt_for_a_mesh(addon, host):
    assert mesh_prompt_problem(addon.mav3d) == ""
    addon.mav3d.prompt = "a gryphon running"
    assert "gryphon" in mesh_prompt_problem(addon.mav3d)
    addon.mav3d.prompt = "a car running"
    assert "car" in mesh_prompt_problem(addon.mav3d)


def test_what_can_not_be_animated_says_why(addon, host):
    assert object_problem(bpy.context) == "" and mesh_to_animate(bpy.context) == host
    host.modifiers.new("Mirror", "MIRROR")
    assert "apply that first" in object_problem(bpy.context)
    host.modifiers.clear()
    host.modifiers.new("Armature", "ARMATURE")
    assert "has an armature already" in object_problem(bpy.context)
    host.modifiers.clear()
    host.mav3d.prompt = "a dog running"
    assert "animated by MAV3D already" in object_problem(bpy.context) and mesh_to_animate(bpy.context) is None
    host.mav3d.prompt = ""
    host.data.clear_geometry()
    assert object_problem(bpy.context) == "a kite has no faces"
    host.select_set(False)
    assert object_problem(bpy.context) == "Select a mesh object"
