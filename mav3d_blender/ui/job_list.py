"""Draws the list of jobs: what each is doing, how long it still takes, and what can be done about it."""

from __future__ import annotations

import bpy

from ..common.durations import left_text
from ..controller.state import State, state
from ..jobs.job import Job
from .labels import wrapped_label

MAX_ROWS = 8
STAGES = {
    "static": "Shape", "dynamic": "Motion", "super_resolution": "Detail", "mesh": "Mesh", "track": "Tracking",
    "texture": "Texture", "preview": "Preview", "read": "Reading",
}  # fmt: skip
ICONS = {
    "QUEUED": "SORTTIME", "RUNNING": "PLAY", "CANCELLING": "CANCEL", "CANCELLED": "PAUSE", "INTERRUPTED": "ERROR",
    "FAILED": "ERROR", "DONE": "CHECKMARK",
}  # fmt: skip
# By state: operators with the text and the icon of their buttons.
BUTTONS = {
    "QUEUED": (("mav3d.cancel", "Cancel", "X"),),
    "RUNNING": (("mav3d.cancel", "Cancel", "X"),),
    "CANCELLING": (),
    "CANCELLED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.place", "Place", "IMPORT"), ("mav3d.remove", "", "TRASH")),
    "INTERRUPTED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.remove", "", "TRASH")),
    "FAILED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.retry", "Retry", "FILE_REFRESH"), ("mav3d.remove", "", "TRASH")),
    "DONE": (("mav3d.place", "Place", "IMPORT"), ("mav3d.retry", "Retry", "FILE_REFRESH"), ("mav3d.remove", "", "TRASH")),
}


def draw_jobs(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draws the newest jobs, unfinished ones first."""
    current = state()
    jobs = sorted_jobs(current.jobs())
    if not jobs:
        layout.label(text="No jobs yet")
    for job in jobs[:MAX_ROWS]:
        _draw_job(layout.box(), context, current, job)
    if len(jobs) > MAX_ROWS:
        layout.label(text=f"{len(jobs) - MAX_ROWS} older")


def sorted_jobs(jobs: list[Job]) -> list[Job]:
    """The newest first, but those that have come to an end after all others."""
    ended = ("DONE", "CANCELLED", "FAILED")
    return sorted(sorted(jobs, key=lambda job: job.id, reverse=True), key=lambda job: job.state in ended)


def _draw_job(box: bpy.types.UILayout, context: bpy.types.Context, current: State, job: Job) -> None:
    icon = current.thumbnails.icon(job.image)
    split = box.split(factor=0.3) if icon else box
    if icon:
        split.template_icon(icon, scale=3.2)
    column = split.column(align=True)
    column.label(text=job.title, icon=ICONS.get(job.state, "NONE"))
    column.label(text=detail_text(job))
    if job.state == "RUNNING":
        box.progress(factor=current.job_fraction(job), text=progress_text(job))
    else:
        column.label(text=state_text(job, current.results.wait_reason(job.id)))
    if job.message and job.state in ("FAILED", "INTERRUPTED", "DONE", "CANCELLED"):
        wrapped_label(box, context, " ".join((job.message, job.advice)).strip())
    row = box.row(align=True)
    for operator, text, symbol in BUTTONS.get(job.state, ()):
        if operator != "mav3d.place" or job.asset:
            row.operator(operator, text=text, icon=symbol).job = job.id


def detail_text(job: Job) -> str:
    """What is asked of a job, in a few words."""
    if job.tracks:
        return "One mesh with bones" if job.request.get("rig") else "One mesh"
    return f"{job.request.get('quality', '')}, seed {job.request.get('seed', '?')}"


def progress_text(job: Job) -> str:
    """A running job's stage, its steps and the time left."""
    if not job.steps:
        return "Starting"
    return f"{STAGES.get(job.stage, job.stage)} {job.step}/{job.steps}{left_text(job.eta_s)}"


def state_text(job: Job, wait_reason: str) -> str:
    """The state of a job that is not running, in a few words. wait_reason: what its result waits for, if for anything."""
    if wait_reason:
        return wait_reason
    if job.state == "DONE":
        return "Done" if job.imported else "Done, not placed yet"
    return {
        "QUEUED": "Queued", "CANCELLING": "Stopping, keeping a checkpoint", "CANCELLED": "Stopped",
        "INTERRUPTED": "Interrupted", "FAILED": "Failed",
    }[job.state]  # fmt: skip
