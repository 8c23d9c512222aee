"""From settings to a job: what every operator that makes something calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy

from ..common import package
from ..jobs.history import add_to_history, read_history
from ..jobs.job import Job, JobError
from . import timer
from .placing.free_place import expected_box, free_place
from .request import PLACEMENT, placement_of, set_values
from .state import state
from .validation import engine_problem

# The stages with steps of their own; the others belong to the export.
STAGES = ("static", "dynamic", "super_resolution")
# What a new file takes over from the last job.
REMEMBERED = ("preset", "image_model", "video_model", "upscale_model", "quality", "memory")
MAX_EVENTS_BYTES = 64 * 2**20


def generate(context: bpy.types.Context, request: dict[str, Any], sheet: str = "") -> Job:
    """Queues a new job for a request, and adds it to the history. Raises JobError where there is no engine.

    sheet: of the drafts that it is one of; then its result waits until it is chosen, and the history is left alone.
    """
    _require_engine()
    target = target_of(context)
    job = state().open_session().generate(request, target | ({"sheet": sheet} if sheet else {}))
    if not sheet:
        state().results.ask(job.id)
        placement = {name: target[name] for name in PLACEMENT}
        add_to_history(package.user_path(package.HISTORY), request | placement)
    state().notices.warn("")
    timer.start()
    return job


def track(context: bpy.types.Context, frames: Path, values: dict[str, Any]) -> Job:
    """Queues a job that makes one mesh of the frames in a folder, which becomes the job's own. values: of a `TrackRequest`, but
    for its meshes. The result stands where the objects stood and at their frames. Raises JobError."""
    _require_engine()
    job = state().open_session().track(values, frames, _own_place(context))
    state().results.ask(job.id)
    state().notices.warn("")
    timer.start()
    return job


def animate(
    context: bpy.types.Context, request: dict[str, Any], mesh: Path, bones: Path | None, host: bpy.types.Object
) -> Job:
    """Queues a job that animates `host`, whose mesh is in the file `mesh`, the folder of which becomes the job's. bones: a file
    beside it with those that the object hangs on. Raises JobError."""
    _require_engine()
    own = {"object": host.name, "uid": host.session_uid, "frame": context.scene.frame_current}
    target = target_of(context) | own | {"at_cursor": False}
    job = state().open_session().animate(request, mesh, target, bones)
    state().results.ask(job.id)
    state().notices.warn("")
    timer.start()
    return job


def vary(context: bpy.types.Context, request: dict[str, Any], host: bpy.types.Object) -> Job:
    """Queues a job whose result takes the place of `host`, an earlier one. Raises JobError."""
    _require_engine()
    if request.get("mesh") and not Path(request["mesh"]).is_file():
        raise JobError(f"The job that animated {host.name} has been removed, and its mesh with it: use Animate This Mesh.")
    if request.get("mesh") and not host.mav3d.target:
        raise JobError(f"{host.name} was animated by an older version: remove its armature, then use Animate This Mesh.")
    # Where it is not known where a result was placed, all of its transform counts as the artist's.
    place = json.loads(host.mav3d.target or "{}") or target_of(context) | {"location": [0.0, 0.0, 0.0]}
    mark = {"object": host.name, "again": True} if request.get("mesh") else {"replaces": host.name}
    own = {"uid": host.session_uid, "scene": context.scene.name, "file": state().results.file}
    job = state().open_session().generate(request, place | own | mark)
    state().results.ask(job.id)
    state().notices.warn("")
    timer.start()
    return job


def retry(context: bpy.types.Context, job: Job) -> Job:
    """Queues a job once more, from the beginning. What it was to move or to replace is moved or replaced; else its result is a
    new object. Raises JobError."""
    if job.tracks:
        return track_again(context, job)
    if not {"object", "replaces"} & job.target.keys():
        return generate(context, job.request)
    _require_engine()
    if job.request.get("mesh") and not Path(job.request["mesh"]).is_file():
        raise JobError(f"The mesh of {job.target['object']} is gone from {job.folder}: use Animate This Mesh.")
    again = {"again": True} if "object" in job.target else {}
    job = state().open_session().generate(job.request, resumed_target(context, job) | again)
    state().results.ask(job.id)
    state().notices.warn("")
    timer.start()
    return job


def track_files(context: bpy.types.Context, folder: Path, values: dict[str, Any], up: str = "") -> Job:
    """Queues a job that makes one mesh of the mesh files in a folder, which stays as it is. values: as in `track`. up: the axis
    that is up in the files, "Y" or "Z"; empty for what Blender's own exporters write. Raises JobError."""
    _require_engine()
    if not folder.is_dir() or not any(each.is_file() for each in folder.iterdir()):
        raise JobError(f"There are no files in {folder}: choose the folder that holds the sequence.")
    up = up or ("Y" if any(each.suffix.lower() == ".obj" for each in folder.iterdir()) else "Z")
    job = state().open_session().generate(values | {"meshes": [str(folder)]}, _own_place(context) | {"up": up})
    state().results.ask(job.id)
    state().notices.warn("")
    timer.start()
    return job


def track_again(context: bpy.types.Context, job: Job) -> Job:
    """Queues the job of frames once more, in place of what it made. Raises JobError where its frames are gone."""
    if not all(Path(each).exists() for each in job.request["meshes"]):
        raise JobError("The frames that were captured for it are gone: capture the objects again.")
    return resume(context, job.id)


def resume(context: bpy.types.Context, job_id: str, changes: dict[str, Any] | None = None) -> Job:
    """Queues an earlier job to go on, with `changes` of its settings; its result goes where it was to go. Raises JobError."""
    _require_engine()
    session = state().open_session()
    before = session.store.get(job_id)
    if context.scene.mav3d.keep_going and before is not None and not before.tracks:
        changes = {"keep_going": True} | (changes or {})
    job = session.resume(job_id, changes)
    session.set_target(job_id, resumed_target(context, job))
    state().results.ask(job_id)
    state().notices.warn("")
    timer.start()
    return job


def finish_now(job_id: str) -> None:
    """Stops a job and places what there is of its object. Raises JobError where it does not run."""
    state().open_session().cancel(job_id, keep=True)
    state().results.ask(job_id)
    timer.start()


def estimate(request: dict[str, Any]) -> None:
    """Asks the engine what a request would take; the answer comes into the notices."""
    state().open_session().estimate(request)
    state().notices.estimate, state().notices.estimated = "Trying a few steps …", request
    timer.start()


def place(context: bpy.types.Context, job_id: str) -> None:
    """Puts the result of a job into the scene, as the placement settings say. Raises JobError where there is none."""
    session = state().open_session()
    job = session.store.get(job_id)
    if job is None or not job.asset:
        raise JobError("The job has no result yet.")
    own = {name: job.target[name] for name in ("object", "uid", "sheet") if name in job.target}
    session.set_target(job_id, target_of(context) | own)
    state().results.ask(job_id)
    state().results.read(session.store.get(job_id))
    timer.start()


def target_of(context: bpy.types.Context) -> dict[str, Any]:
    """Where a result goes, by the settings and the 3D cursor of now; plain JSON values."""
    scene, settings = context.scene, context.scene.mav3d
    location = tuple(scene.cursor.location) if settings.at_cursor else (0.0, 0.0, 0.0)
    if settings.beside:
        location = free_place(scene, location, expected_box(settings.size))
    return placement_of(settings) | {"location": list(location), "scene": scene.name, "file": state().results.file}


def resumed_target(context: bpy.types.Context, job: Job) -> dict[str, Any]:
    """Where the result of a resumed job goes: as it was asked for, in the file that is open now."""
    if "start_frame" not in job.target:
        return target_of(context)
    same_file = job.target.get("file") == state().results.file
    known = same_file and bpy.data.scenes.get(job.target.get("scene", ""))
    scene = job.target["scene"] if known else context.scene.name
    return job.target | {"scene": scene, "file": state().results.file}


def history() -> list[dict[str, Any]]:
    """Earlier settings, the newest first."""
    return read_history(package.user_path(package.HISTORY))


def more_steps(job: Job, steps: int) -> dict[str, int]:
    """Changes that give the last stage of a finished job `steps` more steps. Raises JobError where its record is damaged."""
    path, last = Path(job.folder) / "events.jsonl", None
    try:
        if path.stat().st_size > MAX_EVENTS_BYTES:
            raise ValueError("it is too large")
        for line in path.read_text("utf-8").splitlines():
            message = json.loads(line)
            if message.get("type") == "progress" and message.get("stage") in STAGES:
                last = message
        return {f"{last['stage']}_steps": int(last["steps"]) + steps}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise JobError(f"The job's own record {path} can't be read ({error}): generate it again.") from error


def remember_models(scene: bpy.types.Scene) -> None:
    """Gives a new file's scene the models and the quality that were used last; what is set in it stays."""
    entries, settings = history(), scene.mav3d
    if not entries:
        return
    values = {name: entries[0][name] for name in REMEMBERED if name in entries[0] and not settings.is_property_set(name)}
    set_values(settings, values)


def _own_place(context: bpy.types.Context) -> dict[str, Any]:
    """The target of what has a place and frames of its own already."""
    there = target_of(context)
    where = {"start_frame": 1, "repeat": "HOLD", "rate": "EVERY", "at_cursor": False, "location": [0.0, 0.0, 0.0]}
    return {name: there[name] for name in ("scene", "file")} | where


def _require_engine() -> None:
    if problem := engine_problem():
        raise JobError(problem + ".")
