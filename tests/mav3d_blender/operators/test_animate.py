"""Animate This Mesh as a user meets it, with an engine that is played: it makes an octahedron of every request."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from engine.models.presets import CREATURES_FOLDER
from engine.reference.given.mesh import read_given_mesh
from mav3d_blender.controller.animate import mesh_prompt_problem, mesh_to_animate, object_problem
from mav3d_blender.controller.state import state
from tests.engine.reference.given.bone_tables import DOG
from tests.mav3d_blender.capture.moving import add
from tests.mav3d_blender.fake_engine import FACES, POINTS
from tests.mav3d_blender.rigged import add_rigged_dog, shown, unposed_dog


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
    # Known before an engine has started.
    addon.mav3d.prompt = "a gryphon running"
    assert mesh_prompt_problem(addon.mav3d) == "Unknown: gryphon"
    addon.mav3d.prompt = "running"
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
    assert "Armature modifier without an armature" in object_problem(bpy.context)
    host.modifiers.clear()
    host.mav3d.prompt = "a dog running"
    assert "animated by MAV3D already" in object_problem(bpy.context) and mesh_to_animate(bpy.context) is None
    host.mav3d.prompt = ""
    host.data.clear_geometry()
    assert object_problem(bpy.context) == "a kite has no faces"
    host.select_set(False)
    assert object_problem(bpy.context) == "Select a mesh object"


def test_an_armature_goes_along_and_a_mesh_may_be_animated_again(addon):
    host, armature = add_rigged_dog()
    addon.mav3d.prompt = "running"
    assert object_problem(bpy.context) == ""
    # The engine that is played knows no dog: what it makes of this one does not fit, and is not put on it.
    with pytest.raises(RuntimeError, match="has been changed since it was sent"):
        bpy.ops.mav3d.animate_mesh()
    (job,) = state().jobs()
    mesh = read_given_mesh(Path(job.request["mesh"]), Path(job.request["bones"]))
    _, bones = unposed_dog()
    place = np.array(armature.matrix_world)
    assert sorted(mesh.bones.names) == sorted(bones.names) and "control" not in mesh.bones.names
    order = [mesh.bones.names.index(name) for name in bones.names]
    np.testing.assert_allclose(mesh.bones.weights[:, order], bones.weights, atol=1e-6)
    heads = bones.heads @ place[:3, :3].T + place[:3, 3] - np.array(host.matrix_world.translation)
    np.testing.assert_allclose(mesh.bones.heads[order], heads, atol=1e-5)
    above = [mesh.bones.names[each] if each >= 0 else "" for each in mesh.bones.parents[order]]
    # What hangs on a control without weights hangs on nothing.
    assert above == [row[1] for row in DOG]
    assert [name for name, on in zip(mesh.bones.names, mesh.bones.connected, strict=True) if on] == [
        name for name in mesh.bones.names if "lower" in name
    ]
    host.mav3d.prompt, host.mav3d.own_armature = "a dog walking", True
    assert object_problem(bpy.context) == "" and mesh_to_animate(bpy.context) == host


def test_armatures_that_can_not_be_animated_say_why(addon):
    host, armature = add_rigged_dog()
    addon.mav3d.topology = "FIXED"
    assert "choose Armature or Automatic as the Topology" in object_problem(bpy.context)
    addon.mav3d.topology = "AUTO"
    host.modifiers.new("Second", "ARMATURE").object = bpy.data.objects.new("other", bpy.data.armatures.new("other"))
    assert "has several armatures" in object_problem(bpy.context)
    host.modifiers.remove(host.modifiers["Second"])
    host.vertex_groups.clear()
    assert object_problem(bpy.context) == ""
    addon.mav3d.prompt = "running"
    with pytest.raises(RuntimeError, match="No bone of rig holds vertices of dog"):
        bpy.ops.mav3d.animate_mesh()
    assert state().jobs() == []


def test_a_retried_job_comes_back_onto_the_object_that_it_was_for(addon, host):
    bpy.ops.mav3d.animate_mesh()
    assert host.data.shape_keys is not None
    first = host.mav3d.job
    host.name, host.location.x = "my kite", 7
    assert bpy.ops.mav3d.retry(job=first) == {"FINISHED"}
    again = state().jobs()[-1]
    assert again.id != first and again.request == state().session.store.get(first).request and again.imported
    # No new object but what it was, hidden.
    (kept,) = [each for each in bpy.data.objects if each != host]
    assert kept.hide_viewport and host.mav3d.job == again.id and host.data.shape_keys is not None
    assert tuple(host.location) == (7, 2, 3) and tuple(host.scale) == (2, 2, 2)


def test_a_job_whose_first_run_came_to_nothing_is_retried_onto_its_object(addon, host):
    bpy.ops.mav3d.animate_mesh()
    first = state().jobs()[0]
    # As if that had failed.
    bpy.ops.object.shape_key_remove(all=True)
    for name in ("prompt", "job", "target"):
        host.mav3d.property_unset(name)
    state().session.store.put(replace(first, state="FAILED", imported=False))
    assert bpy.ops.mav3d.retry(job=first.id) == {"FINISHED"}
    assert list(bpy.data.objects) == [host] and host.data.shape_keys is not None
    shutil.rmtree(Path(first.folder) / "input")
    with pytest.raises(RuntimeError, match="is gone from .*: use Animate This Mesh"):
        bpy.ops.mav3d.retry(job=first.id)


@pytest.mark.parametrize("hangs", [False, True])
def test_what_is_said_of_an_unevenly_scaled_armature_mends_it(addon, hangs):
    host, armature = add_rigged_dog()
    if hangs:
        # Its axes are equally long in the world, and not at right angles.
        shelf = bpy.data.objects.new("shelf", None)
        addon.collection.objects.link(shelf)
        shelf.scale, armature.parent = (1, 2, 1), shelf
        armature.rotation_euler, armature.scale = (0, 0, math.radians(45)), (1, 1, math.sqrt(2.5))
    else:
        armature.scale = (1, 1, 2)
    bpy.context.view_layer.update()
    way = "Alt P, Keep Transform, then Ctrl A, Scale" if hangs else "Ctrl A, Scale"
    sentence = f"rig is scaled unevenly, so that bones shear dog: select it and use {way}"
    assert object_problem(bpy.context) == sentence
    before = shown(host, 1)
    host.select_set(False)
    armature.select_set(True)
    bpy.context.view_layer.objects.active = armature
    if hangs:
        bpy.ops.object.parent_clear(type="CLEAR_KEEP_TRANSFORM")
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    armature.select_set(False)
    host.select_set(True)
    bpy.context.view_layer.objects.active = host
    assert object_problem(bpy.context) == ""
    if not hangs:
        # Else there was shear, which no object has by itself: Blender leaves it out.
        np.testing.assert_allclose(shown(host, 1), before, atol=1e-4)
