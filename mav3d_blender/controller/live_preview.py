"""The mesh of the running job in the 3D views."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..common.background import Background
from ..jobs.job import Job
from ..jobs.store import JobStore
from ..viewport.overlay import Mesh, Overlay, shaded_preview


class LivePreview:
    """Reads preview meshes in the background and draws the newest."""

    def __init__(self) -> None:
        self._overlay = Overlay()
        self._reading: tuple[str, Background[Mesh | None]] | None = None

    @property
    def job(self) -> str:
        """The id of the job whose mesh is drawn; empty where none is."""
        return self._overlay.job

    def read(self, job: Job, path: Path) -> None:
        """Reads a preview mesh of a running job, where its scene shows previews."""
        if _is_shown(job):
            self._reading = job.id, Background(shaded_preview, path, job.target.get("size"))

    def show(self, store: JobStore) -> None:
        """Draws the mesh that was read, if its job still runs. One that can't be read leaves what is drawn: another follows."""
        if self._reading is None or not self._reading[1].done:
            return
        (job_id, reading), self._reading = self._reading, None
        job, mesh = store.get(job_id), reading.wait()
        if mesh is not None and job is not None and job.state == "RUNNING" and _is_shown(job):
            self._overlay.show(job_id, mesh, job.target.get("location", (0, 0, 0)), job.target["scene"])

    def clear(self) -> None:
        """Draws nothing."""
        self._overlay.clear()


def _is_shown(job: Job) -> bool:
    scene = bpy.data.scenes.get(job.target.get("scene", ""))
    return scene is not None and scene.mav3d.live_preview
