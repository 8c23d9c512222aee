"""Finished assets become objects in the scene, each in one undo step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..client.session import Session
from ..common.background import Background
from ..jobs.job import Job
from ..timeline import Imported, import_asset
from ..timeline.asset_folder.asset import Asset, AssetError, read_asset
from .recipe import request_of_asset, write_recipe


@dataclass(frozen=True)
class Placed:
    """What became of a result. problem: why it is not in the scene, one sentence; empty where it is."""

    job_id: str
    problem: str = ""


class Results:
    """Reads assets in the background, and places them one by one in Object Mode.

    file: changes with every .blend that is opened; the results of another file's jobs stay in the list of jobs.
    """

    def __init__(self) -> None:
        self.file = uuid.uuid4().hex
        self._reading: dict[str, Background[Asset]] = {}

    @property
    def pending(self) -> bool:
        """Whether a result has yet to be placed."""
        return bool(self._reading)

    def is_reading(self, job_id: str) -> bool:
        """Whether the job's result has yet to be placed."""
        return job_id in self._reading

    def change_file(self) -> None:
        """Another .blend has been opened."""
        self.file = uuid.uuid4().hex

    def read(self, job: Job) -> None:
        """Starts to read the job's asset, which is then placed."""
        self._reading[job.id] = Background(read_asset, Path(job.asset))

    def place_ready(self, session: Session) -> Placed | None:
        """Places one result that has been read, in Object Mode; None where there is none."""
        for job_id, reading in list(self._reading.items()):
            if reading.done and _in_object_mode():
                del self._reading[job_id]
                return Placed(job_id, _place_job(session, job_id, reading))
        return None


def place_asset(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any] | None = None, job_id: str = ""
) -> Imported:
    """Imports the asset into `scene` as `target` says (`controller.submit.target_of`), writes its recipe and selects it.

    Frames that came of numbered files are at their numbers, counted from the start frame; others begin there. request: what
    made it; taken from the asset where it is not known.
    """
    rate, start = target.get("rate", "EVERY"), target.get("start_frame", 1)
    if asset.first_number is not None:
        start += asset.first_number - 1
    spacing = (scene.render.fps / scene.render.fps_base) / asset.fps if rate == "KEEP" else asset.number_step
    imported = import_asset(
        asset, scene, start, spacing, target.get("repeat", "LOOP"), rate == "SCENE", rate == "SCENE",
        location=target.get("location", (0.0, 0.0, 0.0)),
    )  # fmt: skip
    host = imported.object
    write_recipe(host, asset, request or request_of_asset(asset), job_id)
    _select(scene, host)
    return imported


def _place_job(session: Session, job_id: str, reading: Background[Asset]) -> str:
    """Places a job's asset as one undo step; returns why it can't be, one sentence, or ""."""
    job = session.store.get(job_id)
    if job is None:
        return ""
    try:
        asset = reading.wait()
        scene = bpy.data.scenes.get(job.target.get("scene", "")) or bpy.context.scene
        place_asset(scene, asset, job.target, job.request, job.id)
    except (AssetError, OSError) as error:
        return str(error)
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        # An exception would end the timer, and with it the messages of other jobs.
        return f"The result in {job.asset} could not be placed ({error}): use Import Asset, or generate it again."
    session.mark_imported(job.id)
    _push_undo(f"MAV3D: {asset.prompt}")
    return ""


def _select(scene: bpy.types.Scene, host: bpy.types.Object) -> None:
    """Makes `host` the one selected, active object, where its scene is shown."""
    layer = bpy.context.view_layer
    if layer is None or layer.id_data != scene:
        return
    # The layer knows new objects only after an update.
    layer.update()
    if host.name not in layer.objects:
        return
    for other in layer.objects.selected:
        other.select_set(False)
    host.select_set(True)
    layer.objects.active = host


def _in_object_mode() -> bool:
    active = bpy.context.view_layer.objects.active if bpy.context.view_layer else None
    return active is None or active.mode == "OBJECT"


def _push_undo(message: str) -> None:
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        bpy.ops.ed.undo_push(message=message)
