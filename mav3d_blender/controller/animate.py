"""An object of the artist's own is sent to be animated."""

from __future__ import annotations

import shutil
import uuid
from typing import Any

import bpy

from ..capture.base_mesh import write_base_mesh
from ..capture.bones import write_bones
from ..common.contract import errors, prompt
from ..common.contract import request as contract
from ..jobs.job import Job
from ..timeline import armature_of, uneven
from . import submit
from .capture import PREFIX, remove_stale
from .placing.results import is_made
from .preferences import jobs_folder
from .request import request_of
from .state import state
from .validation import known_words, models_problem

# What a job with a mesh has no use for.
UNUSED = ("image", "image_adapter", "image_model", "image_guidance_scale", "static_steps")
# Modifiers that make a whole of a part, whose motion is then the part's once more.
MULTIPLY = {"MIRROR": "Mirror", "ARRAY": "Array"}


def mesh_to_animate(context: bpy.types.Context) -> bpy.types.Object | None:
    """The active object where it is a selected mesh that MAV3D has not made."""
    host = context.object
    wanted = host is not None and host.type == "MESH" and host.select_get() and not is_made(host)
    return host if wanted else None


def animate_problem(context: bpy.types.Context) -> str:
    """Why the active object can't be animated as the settings say; empty where it can."""
    return object_problem(context) or mesh_prompt_problem(context.scene.mav3d)


def object_problem(context: bpy.types.Context) -> str:
    """Why the active object can't be animated, whatever it is to do."""
    host = context.object
    if host is None or host.type != "MESH" or not host.select_get():
        return "Select a mesh object"
    if host.mode != "OBJECT":
        return "Go to Object Mode first"
    if is_made(host):
        return f"{host.name} is animated by MAV3D already: duplicate its mesh, or remove the armature first"
    if host.library or host.data.library:
        return f"{host.name} is linked from another file: make it local first"
    if not host.data.polygons:
        return f"{host.name} has no faces"
    if problem := _armature_problem(host):
        return problem
    if kind := next((MULTIPLY[each.type] for each in host.modifiers if each.type in MULTIPLY and each.show_viewport), ""):
        return f"{host.name} is made whole by its {kind} modifier: apply that first"
    return ""


def _armature_problem(host: bpy.types.Object) -> str:
    """Why the armature of `host`, where it has one, can't be animated."""
    armatures = {each.object for each in host.modifiers if each.type == "ARMATURE"}
    armature = armature_of(host)
    if len(armatures) > 1:
        return f"{host.name} has several armatures: remove all but one of its Armature modifiers"
    if None in armatures:
        return f"{host.name} has an Armature modifier without an armature: choose one, or remove it"
    if armature is None:
        return ""
    if armature.library:
        return f"{armature.name} is linked from another file: make it local first"
    if uneven(armature):
        way = "Alt P, Keep Transform, then " if armature.parent is not None else ""
        return f"{armature.name} is scaled unevenly, so that bones shear {host.name}: select it and use {way}Ctrl A, Scale"
    if bpy.context.scene.mav3d.topology == "FIXED":
        return f"{host.name} has an armature: choose Armature or Automatic as the Topology under Details"
    return ""


def mesh_prompt_problem(settings: bpy.types.PropertyGroup) -> str:
    """Why the models can't take the prompt for a mesh, which may itself say what the object is; in a few words."""
    # Of the models that know bodies that bend; where the engine says that there are none, it will say what is wrong.
    words = next((each for each in known_words(settings) if each.limb_motions), None)
    try:
        prompt.check_prompt(settings.prompt)
        if words is not None:
            prompt.canonical_prompt(settings.prompt, words, seen=prompt.any_seen(settings.prompt, words))
    except errors.PromptError as error:
        return error.short
    if problem := models_problem(settings):
        return problem
    try:
        contract.Request.checked(mesh_request(settings) | {"mesh": "mesh.npz"})
    except errors.EngineError as error:
        return str(error)
    return ""


def mesh_request(settings: bpy.types.PropertyGroup) -> dict[str, Any]:
    """The settings as a request for a mesh, but for the mesh itself."""
    return {name: value for name, value in request_of(settings).items() if name not in UNUSED}


def animate(context: bpy.types.Context, request: dict[str, Any]) -> Job:
    """Queues a job that animates the active object. Raises JobError or CaptureError."""
    host, jobs = context.object, jobs_folder()
    remove_stale(jobs)
    folder = jobs / f"{PREFIX}{uuid.uuid4().hex[:12]}"
    path, notes = write_base_mesh(host, folder)
    bones, armature = None, armature_of(host)
    try:
        if armature is not None:
            bones, more = write_bones(host, armature, folder)
            notes = notes + more
        job = submit.animate(context, request, path, bones, host)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    state().notices.warning = " ".join(notes)
    return job
