"""Objects that move become one mesh: captured frame by frame, then given to the engine."""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path
from typing import Any

import bpy

from ..capture.geometry import with_children
from ..capture.recording import Recording, Span
from ..jobs.job import Job
from . import submit
from .preferences import jobs_folder
from .state import state

# Captures that a Blender which crashed has left behind are removed after so many seconds.
STALE_S = 24 * 3600.0
PREFIX = "capture-"
MAX_NAME = 100


def capture_problem(context: bpy.types.Context) -> str:
    """Why nothing can be captured now; empty where it can."""
    if context.mode != "OBJECT":
        return "Go to Object Mode first"
    return "" if with_faces(context.selected_objects) else "Select an object with faces, or what it hangs on"


def with_faces(objects: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those objects that may show a surface themselves, by what hangs on them or by what they instance."""
    kinds = {"MESH", "CURVE", "SURFACE", "FONT", "META"}

    def shows(host: bpy.types.Object) -> bool:
        return host.type in kinds or host.instance_type == "COLLECTION" or any(each.type == "NODES" for each in host.modifiers)

    return [host for host in objects if any(map(shows, with_children([host])))]


def begin(context: bpy.types.Context, span: Span) -> Recording:
    """Starts to capture the selected objects. Raises CaptureError."""
    jobs = jobs_folder()
    remove_stale(jobs)
    return Recording(context, with_faces(context.selected_objects), span, jobs / f"{PREFIX}{uuid.uuid4().hex[:12]}")


def hand_over(context: bpy.types.Context, recording: Recording, name: str, rig: bool, bones: int) -> Job:
    """Queues the job that makes one mesh of what was captured. Raises CaptureError or JobError."""
    notes, scene = recording.finish(), context.scene
    rate = scene.render.fps / scene.render.fps_base / recording.span.step
    values: dict[str, Any] = {"name": name[:MAX_NAME], "fps": min(max(rate, 1.0), 120.0), "empty_frames": "hold", "rig": rig}
    try:
        job = submit.track(context, recording.folder, values | ({"bones": bones} if rig and bones else {}))
    except Exception:
        recording.discard()
        raise
    state().notices.warning = " ".join(notes)
    return job


def remove_stale(jobs: Path) -> None:
    """Removes what captures have left behind in the folder of jobs."""
    for folder in jobs.glob(f"{PREFIX}*") if jobs.is_dir() else ():
        try:
            if time.time() - folder.stat().st_mtime > STALE_S:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
