"""Draws the sheet of drafts: a picture of each as it comes, and the button that chooses it."""

from __future__ import annotations

import bpy

from ..controller.sheet import drafts
from ..controller.state import state
from ..jobs.job import Job
from .job_list import state_text

# In a row, and how large their pictures are beside an icon.
COLUMNS, SCALE = 2, 5.0


def draw_sheet(layout: bpy.types.UILayout) -> None:
    """Draws the open sheet; nothing where none is."""
    jobs = drafts()
    if not jobs:
        return
    box = layout.box()
    header = box.row()
    header.label(text=jobs[0].title)
    header.operator("mav3d.close_sheet", text="", icon="X", emboss=False)
    for first in range(0, len(jobs), COLUMNS):
        row = box.row()
        for job in jobs[first : first + COLUMNS]:
            _draw_draft(row.column(align=True), job)


def _draw_draft(layout: bpy.types.UILayout, job: Job) -> None:
    current = state()
    if icon := current.thumbnails.icon(job.image):
        layout.template_icon(icon, scale=SCALE)
    if job.state == "DONE":
        seed = str(job.request.get("seed", ""))
        layout.operator("mav3d.choose_draft", text=seed, icon="CHECKMARK" if job.imported else "IMPORT").job = job.id
    elif job.state == "RUNNING":
        layout.progress(factor=current.job_fraction(job), text=f"{current.job_fraction(job):.0%}")
    else:
        layout.label(text=state_text(job, ""))
