"""What the operators that queue a job have in common."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ..controller import timer
from ..controller.state import state
from ..jobs.job import Job, JobError


def poll_without(cls: type[bpy.types.Operator], problem: str) -> bool:
    """The answer of an operator's `poll`: whether there is no problem; Blender shows the problem as the reason."""
    if problem:
        cls.poll_message_set(problem)
    return not problem


def run_job(operator: bpy.types.Operator, submit: Callable[[], Job]) -> set[str]:
    """Queues a job and reports what is in the way. `blender -b`, where no timer fires, waits until its result is placed."""
    try:
        job = submit()
    except (JobError, ValueError) as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    if not bpy.app.background:
        operator.report({"INFO"}, f"“{job.title}” is queued: see Jobs in the sidebar")
        return {"FINISHED"}
    job = timer.wait_for_job(job.id)
    if job.state == "DONE" and not job.imported:
        operator.report({"ERROR"}, state().notices.warning or "The result could not be placed.")
    elif job.state != "DONE":
        operator.report({"ERROR"}, f"{job.message} {job.advice}".strip())
    return {"FINISHED"} if job.state == "DONE" and job.imported else {"CANCELLED"}


def report_job_error(operator: bpy.types.Operator, action: Callable[[], None]) -> set[str]:
    """Calls an action on a job and reports what is in the way."""
    try:
        action()
    except JobError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    timer.start()
    return {"FINISHED"}
