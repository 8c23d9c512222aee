"""Animate This Mesh as a user meets it, with an engine that is played: it makes an octahedron of every request."""

import json
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from engine.models.presets import CREATURES_FOLDER
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
    assert bpy.ops.mav3d.animate_mesh() == {"FINISHED"}
    (job,) = state().jobs()
    path = Path(job.request["mesh"])
    mesh = read_given_mesh(path)
    np.testing.assert_allclose(mesh.vertices, 2 * np.array(POINTS), atol=1e-6)
    assert path.parent == Path(job.folder) / "input" and len(mesh.triangles) == 8
    assert job.target["object"] == "a kite" and job.imported and list(bpy.data.objects) == [host]
    # What is played has no bones.
    assert host.data.shape_keys is not None and host.mav3d.prompt == "running" and addon.mav3d.result == "a kite"
    assert tuple(host.location) == (1, 2, 3) and tuple(host.scale) == (2, 2, 2)
    assert not list(path.parent.parent.parent.glob("capture-*")) and "image" not in job.request


def test_a_motion_alone_is_enough_of_a_prompt_for_a_mesh(addon, host, monkeypatch):
    # Before the engine has said which words it knows, it is left to it.
    addon.mav3d.prompt = "a gryphon running"
    assert mesh_prompt_problem(addon.mav3d) == ""
    words = json.loads((CREATURES_FOLDER / "vocabulary.json").read_text("utf-8"))
    presets = [{"name": "primitives", "beside": "creatures"}, {"name": "creatures", "words": words}]
    monkeypatch.setattr(state(), "_session", SimpleNamespace(hello={"presets": presets}, close=lambda timeout: None))
    addon.mav3d.prompt = "running"
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
