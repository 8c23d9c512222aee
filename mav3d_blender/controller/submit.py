"""From settings to a job: what every operator that makes something goes through."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import bpy

from ..common import package
from ..jobs.history import add_to_history
from ..jobs.store import Job, JobError
from . import timer as ticking
from .state import lacking, runtime, session

HISTORY = "history.json"
# The stages that optimise, whose steps can be more; others belong to the export.
OPTIMISED = ("static", "dynamic", "super_resolution")
LARGEST_EVENTS = 64 * 2**20


def request_of(settings: bpy.types.PropertyGroup) -> dict[str, Any]:
    """The request of the scene's settings; a random seed is drawn, and shown in them."""
    if settings.random_seed:
        settings.seed = random.randrange(2**31)
    return settings.request()


def target_of(context: bpy.types.Context) -> dict[str, Any]:
    """Where a result is to go, as things are now."""
    scene, settings = context.scene, context.scene.mav3d
    location = tuple(scene.cursor.location) if settings.at_cursor else (0.0, 0.0, 0.0)
    return settings.target() | {"location": list(location), "scene": scene.name, "file": runtime().file}


def target_again(context: bpy.types.Context, job: Job) -> dict[str, Any]:
    """Where a job's result is to go when it goes on: as was asked for then, in the file that is open now."""
    if "start_frame" not in job.target:
        return target_of(context)
    same_file = job.target.get("file") == runtime().file
    known = same_file and bpy.data.scenes.get(job.target.get("scene", ""))
    return job.target | {"scene": job.target["scene"] if known else context.scene.name, "file": runtime().file}


def start(context: bpy.types.Context, request: dict[str, Any]) -> Job:
    """A new job for the engine. Raises JobError where there is no engine to take it."""
    if lacking():
        raise JobError(lacking() + ".")
    target = target_of(context)
    job = session().generate(request, target)
    kept = {name: value for name, value in target.items() if name not in ("location", "scene", "file")}
    add_to_history(package.user_folder() / HISTORY, request | kept)
    runtime().warned = ""
    ticking.start()
    return job


def go_on(context: bpy.types.Context, name: str, changes: dict[str, Any] | None = None) -> Job:
    """An earlier job goes on; its result goes where it was to go. Raises JobError where it can't."""
    if lacking():
        raise JobError(lacking() + ".")
    job = session().resume(name, changes)
    session().aim(name, target_again(context, job))
    runtime().warned = ""
    ticking.start()
    return job


def more_steps(job: Job, steps: int) -> dict[str, int]:
    """Changes that give the last stage a finished job went through `steps` more. Raises JobError where that is not known."""
    path, last = Path(job.folder) / "events.jsonl", None
    try:
        if path.stat().st_size > LARGEST_EVENTS:
            raise ValueError("it is too large")
        for line in path.read_text("utf-8").splitlines():
            message = json.loads(line)
            if message.get("type") == "progress" and message.get("stage") in OPTIMISED:
                last = message
        return {f"{last['stage']}_steps": int(last["steps"]) + steps}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise JobError(f"The job's own record {path} can't be read ({error}): generate it anew.") from error
