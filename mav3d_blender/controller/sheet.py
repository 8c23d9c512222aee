"""A sheet of drafts: one prompt with several seeds, to choose from. Drafts wait in their jobs until one is chosen."""

from __future__ import annotations

import uuid
from typing import Any

import bpy

from ..common import package
from ..jobs.history import add_to_history
from ..jobs.job import Job
from . import submit
from .request import placement_of, random_seed
from .state import state

SEEDS, QUALITY = 4, "draft"


def begin(context: bpy.types.Context, request: dict[str, Any]) -> list[Job]:
    """Queues a draft of the request with its own seed, and with others. Raises JobError where there is no engine."""
    close()
    mark = uuid.uuid4().hex[:12]
    seeds = [request["seed"], *(random_seed() for _ in range(SEEDS - 1))]
    jobs = [submit.generate(context, request | {"seed": seed, "quality": QUALITY}, mark) for seed in seeds]
    add_to_history(package.user_path(package.HISTORY), request | placement_of(context.scene.mav3d))
    return jobs


def drafts() -> list[Job]:
    """The jobs of the sheet that is open, in their order; none where none is."""
    jobs = [job for job in state().jobs() if job.target.get("sheet")]
    return [job for job in jobs if job.target["sheet"] == jobs[-1].target["sheet"]]


def close() -> None:
    """Takes the sheet away: drafts that are not made yet are stopped, and all stay in the list of jobs."""
    session = state().session
    for job in [each for each in state().jobs() if each.target.get("sheet")]:
        if not session.store.owns(job.id):
            continue
        if job.active and job.state != "CANCELLING":
            session.cancel(job.id)
        session.set_target(job.id, {name: value for name, value in job.target.items() if name != "sheet"})
