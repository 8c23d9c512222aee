"""Draws the list of jobs: what each is doing, how long it still takes, and what can be done about it."""

from __future__ import annotations

import bpy

from ..common.durations import left_text
from ..controller.state import State, state
from ..jobs.disk_use import size_text
from ..jobs.job import STAGES, Job
from .labels import wrapped_label

MAX_ROWS = 12
ICONS = {
    "QUEUED": "SORTTIME", "RUNNING": "PLAY", "CANCELLING": "CANCEL", "CANCELLED": "PAUSE", "INTERRUPTED": "ERROR",
    "FAILED": "ERROR", "DONE": "CHECKMARK",
}  # fmt: skip
# By state: the buttons below what is said about the job: operators with their text and icon.
BUTTONS = {
    "QUEUED": (("mav3d.cancel", "Cancel", "X"),),
    "RUNNING": (("mav3d.cancel", "Cancel", "X"), ("mav3d.finish_now", "Finish Now", "CHECKMARK")),
    "CANCELLING": (),
    "CANCELLED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.place", "Place", "IMPORT")),
    "INTERRUPTED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.retry", "Retry", "FILE_REFRESH")),
    "FAILED": (("mav3d.resume", "Resume", "PLAY"), ("mav3d.retry", "Retry", "FILE_REFRESH")),
    "DONE": (("mav3d.place", "Place", "IMPORT"), ("mav3d.retry", "Retry", "FILE_REFRESH")),
}


def draw_jobs(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draws the newest jobs, unfinished ones first, each a row that opens; then what all of them take."""
    current = state()
    jobs = sorted_jobs(current.jobs())
    if not jobs:
        layout.label(text="No jobs yet")
        return
    for job in jobs[:MAX_ROWS]:
        _draw_job(layout, context, current, job)
    older = f", {len(jobs) - MAX_ROWS} not shown" if len(jobs) > MAX_ROWS else ""
    size = size_text(current.disk_use.total([job.id for job in jobs]))
    layout.label(text=f"{size} on disk{older}", icon="DISK_DRIVE")
    layout.operator("mav3d.clear_finished", icon="TRASH")


def sorted_jobs(jobs: list[Job]) -> list[Job]:
    """The newest first, but those that have come to an end after all others."""
    ended = ("DONE", "CANCELLED", "FAILED")
    return sorted(sorted(jobs, key=lambda job: job.id, reverse=True), key=lambda job: job.state in ended)


def _draw_job(layout: bpy.types.UILayout, context: bpy.types.Context, current: State, job: Job) -> None:
    # Blender remembers by name which rows are open: a job that ends folds up.
    name = f"mav3d_{job.id}_{'finished' if job.finished else 'open'}"
    header, body = layout.panel(name, default_closed=job.finished)
    header.label(text=job.title, icon=ICONS.get(job.state, "NONE"))
    if job.state == "DONE" and job.imported:
        header.operator("mav3d.select_result", text="", icon="RESTRICT_SELECT_OFF", emboss=False).job = job.id
    if not job.active:
        header.operator("mav3d.remove", text="", icon="TRASH", emboss=False).job = job.id
    if body is not None:
        _draw_details(body, context, current, job)


def _draw_details(layout: bpy.types.UILayout, context: bpy.types.Context, current: State, job: Job) -> None:
    icon = current.thumbnails.icon(job.image)
    split = layout.split(factor=0.3) if icon else layout
    if icon:
        split.template_icon(icon, scale=3.2)
    column = split.column(align=True)
    column.label(text=detail_text(job))
    if job.host:
        column.label(text=f"On {job.host}", icon="NETWORK_DRIVE")
    if job.state == "RUNNING":
        layout.progress(factor=current.job_fraction(job), text=progress_text(job))
    else:
        column.label(text=state_text(job, current.results.wait_reason(job.id)))
    if job.message and job.state in ("FAILED", "INTERRUPTED", "DONE", "CANCELLED"):
        wrapped_label(layout, context, " ".join((job.message, job.advice)).strip())
    row = layout.row(align=True)
    for operator, text, symbol in BUTTONS.get(job.state, ()):
        if (operator != "mav3d.place" or job.asset) and (operator != "mav3d.finish_now" or (job.step and not job.tracks)):
            row.operator(operator, text=text, icon=symbol).job = job.id


def detail_text(job: Job) -> str:
    """What is asked of a job, in a few words."""
    if job.tracks:
        return "One Mesh with Bones" if job.request.get("rig") else "One Mesh"
    translated = bpy.app.translations.pgettext_iface
    quality = str(job.request.get("quality", "")).title()
    return f"{translated(quality)}, {translated('Seed')} {job.request.get('seed', '?')}"


def progress_text(job: Job) -> str:
    """A running job's stage, its steps and the time left."""
    if not job.steps:
        return "Starting"
    stage = bpy.app.translations.pgettext_iface(STAGES.get(job.stage, job.stage))
    return f"{stage} {job.step}/{job.steps}{left_text(job.eta_s)}"


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
