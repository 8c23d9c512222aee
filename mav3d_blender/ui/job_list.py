"""The list of jobs: what each is doing, how long it still takes, and what can be done about it."""

from __future__ import annotations

import time

import bpy

from ..client.messages import duration
from ..controller.state import Runtime, runtime
from ..jobs.store import Job
from .labels import wrapped

MOST = 8
STAGES = {
    "static": "Shape", "dynamic": "Motion", "super_resolution": "Sharpening", "mesh": "Mesh", "track": "One mesh",
    "texture": "Texture", "preview": "Preview",
}  # fmt: skip
ICONS = {
    "QUEUED": "SORTTIME", "RUNNING": "PLAY", "CANCELLING": "CANCEL", "CANCELLED": "PAUSE", "INTERRUPTED": "ERROR",
    "FAILED": "ERROR", "DONE": "CHECKMARK",
}  # fmt: skip
# What can be done in each state, with the icon of its button.
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
    """The newest jobs, unfinished ones first."""
    now = runtime()
    jobs = listed(now)
    if not jobs:
        layout.label(text="No jobs yet")
    for job in jobs[:MOST]:
        _draw_job(layout.box(), context, now, job)
    if len(jobs) > MOST:
        layout.label(text=f"{len(jobs) - MOST} older")


def listed(now: Runtime) -> list[Job]:
    """All jobs in the order of the list."""
    if now.session is None:
        return []
    ended = ("DONE", "CANCELLED", "FAILED")
    return sorted(sorted(now.session.store.jobs(), key=lambda job: job.id, reverse=True), key=lambda job: job.state in ended)


def _draw_job(box: bpy.types.UILayout, context: bpy.types.Context, now: Runtime, job: Job) -> None:
    icon = now.thumbnails.icon(job.image)
    split = box.split(factor=0.3) if icon else box
    if icon:
        split.template_icon(icon, scale=3.2)
    column = split.column(align=True)
    column.label(text=job.request.get("prompt", ""), icon=ICONS.get(job.state, "NONE"))
    column.label(text=f"{job.request.get('quality', '')}, seed {job.request.get('seed', '?')}")
    if job.state == "RUNNING":
        box.progress(factor=fraction(now, job), text=progress_text(job))
    else:
        column.label(text=state_text(now, job))
    if job.message and job.state in ("FAILED", "INTERRUPTED", "DONE", "CANCELLED"):
        wrapped(box, context, " ".join((job.message, job.advice)).strip())
    row = box.row(align=True)
    for operator, text, symbol in BUTTONS.get(job.state, ()):
        if operator != "mav3d.place" or job.asset:
            row.operator(operator, text=text, icon=symbol).job = job.id


def fraction(now: Runtime, job: Job) -> float:
    """How much of a running job's whole time is over, 0 to 1; of the stage where the time left is not known."""
    began = now.began.get(job.id)
    if began is None or not job.eta_s:
        return min(1.0, job.step / job.steps) if job.steps else 0.0
    spent = time.monotonic() - began
    return max(0.0, min(1.0, spent / max(spent + job.eta_s, 1e-3)))


def progress_text(job: Job) -> str:
    """The stage, and the time left in words."""
    if not job.steps:
        return "Starting"
    name = STAGES.get(job.stage, job.stage)
    left = f", {duration(job.eta_s)} left" if job.eta_s else ""
    return f"{name} {job.step}/{job.steps}{left}"


def state_text(now: Runtime, job: Job) -> str:
    """A job that is not running, in a few words."""
    if job.id in now.waiting:
        return "Waits for Object Mode"
    if job.state == "DONE":
        return "Done" if job.imported else "Done, not placed yet"
    return {
        "QUEUED": "Waits its turn", "CANCELLING": "Stopping, keeping a checkpoint", "CANCELLED": "Stopped",
        "INTERRUPTED": "Interrupted", "FAILED": "Failed",
    }[job.state]  # fmt: skip
