"""Finished assets become objects in the scene, each in one undo step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...client.session import Session
from ...common.background import Background
from ...jobs.job import Job
from ...timeline import Imported, Timing, animate_object, armature_of, clip_box, import_asset, set_fps, stand, z_up
from ...timeline.asset_folder.asset import Asset, AssetError, read_asset
from .attention import Attention, attention, wait_reason
from .collections import has_empty, mark, remove_empty
from .free_place import free_place
from .recipe import request_of_asset, write_recipe

# A rate that differs by less from a whole multiple of the clip's, such as 23.976 of 12, counts as one.
NEARLY = 2e-3


@dataclass(frozen=True)
class Placed:
    """What became of a result. problem: why it is not in the scene, one sentence; empty where it is. note: sentences on what is
    odd where it is."""

    job_id: str
    problem: str = ""
    note: str = ""


class Results:
    """Reads assets in the background, and places them one by one where that disturbs nothing.

    file: changes with every .blend that is opened; the results of another file's jobs stay in the list of jobs.
    """

    def __init__(self) -> None:
        self.file = uuid.uuid4().hex
        self._reading: dict[str, Background[Asset]] = {}
        self._asked: dict[str, Attention] = {}
        # What the newest result that was looked at waits for.
        self._waits = ""

    @property
    def waits(self) -> str:
        """What a result waits for, in a few words, as of the last look; empty where none does."""
        return self._waits if self._reading else ""

    @property
    def pending(self) -> bool:
        """Whether a result has yet to be placed."""
        return bool(self._reading)

    def is_reading(self, job_id: str) -> bool:
        """Whether the job's result has yet to be placed."""
        return job_id in self._reading

    def wait_reason(self, job_id: str) -> str:
        """What the job's result waits for, in a few words, as of the last look; empty where it does not."""
        return self._waits if self.is_reading(job_id) else ""

    def change_file(self) -> None:
        """Another .blend has been opened."""
        self.file = uuid.uuid4().hex
        self._asked.clear()

    def ask(self, job_id: str) -> None:
        """The person asks for the job's result: it is selected when it comes, if they do nothing else meanwhile."""
        self._asked[job_id] = attention()

    def read(self, job: Job) -> None:
        """Starts to read the job's asset, which is then placed."""
        self._reading[job.id] = Background(read_asset, Path(job.asset))

    def tidy(self) -> None:
        """Removes what results that were deleted have left, if nothing has to be waited for."""
        if has_empty() and not wait_reason():
            remove_empty()

    def place_ready(self, session: Session) -> Placed | None:
        """Places one result that has been read, if nothing has to be waited for; None where there is none."""
        for job_id, reading in list(self._reading.items()):
            if not reading.done:
                continue
            asked = self._asked.get(job_id)
            self._waits = wait_reason(asked.tools if asked is not None else frozenset())
            if self._waits:
                continue
            del self._reading[job_id]
            select = asked is not None and asked.unchanged()
            self._asked.pop(job_id, None)
            return _place_job(session, job_id, reading, select)
        return None


def place_asset(
    scene: bpy.types.Scene,
    asset: Asset,
    target: dict[str, Any],
    request: dict[str, Any] | None = None,
    job_id: str = "",
    select: bool = True,
) -> Imported:
    """Imports the asset into `scene` as `target` says (`controller.submit.target_of`) and writes its recipe.

    Frames that came of numbered files are at their numbers, counted from the start frame; others begin there. request: what
    made it; taken from the asset where it is not known. select: whether it becomes the one selected, active object.
    """
    location = target.get("location", (0.0, 0.0, 0.0))
    if target.get("up") == "Y":
        asset = z_up(asset)
    if "size" in target and not _has_own_place(asset, request):
        asset = stand(asset, target["size"], target.get("origin", "BOTTOM"))
        if target.get("beside"):
            location = free_place(scene, location, clip_box(asset))
    rate, start = target.get("rate", "EVERY"), target.get("start_frame", 1)
    if asset.first_number is not None:
        start += asset.first_number - 1
    spacing = whole_spacing(scene, asset.fps) if rate == "KEEP" else asset.number_step
    imported = import_asset(
        asset, scene, start, spacing, target.get("repeat", "LOOP"), rate == "SCENE", rate == "SCENE",
        location=location,
    )  # fmt: skip
    host = imported.object
    mark(imported.collection)
    scene.mav3d.result = host.name
    write_recipe(host, asset, request or request_of_asset(asset), job_id, spacing)
    if select:
        select_object(scene, host)
    return imported


def animate_target(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any], job_id: str
) -> list[str]:
    """Moves the object that `target` names, whose mesh the asset was made of, as the asset moves; returns sentences on what is
    odd. Raises AssetError where that can't be, with nothing changed."""
    host = _target_object(scene, target)
    rate, start = target.get("rate", "EVERY"), target.get("start_frame", 1)
    spacing = whole_spacing(scene, asset.fps) if rate == "KEEP" else 1
    own_armature = armature_of(host) is not None
    notes = animate_object(host, asset, Timing(start, spacing, target.get("repeat", "LOOP")))
    if rate == "SCENE":
        scene.frame_start, scene.frame_end = start, start + asset.frames - 1
        set_fps(scene, asset.fps)
    scene.mav3d.result = host.name
    write_recipe(host, asset, request, job_id, spacing, own_armature)
    return notes


def _target_object(scene: bpy.types.Scene, target: dict[str, Any]) -> bpy.types.Object:
    """The object by the number that it has as long as Blender runs, since its name may change; else by its name."""
    uid, name = target.get("uid"), str(target["object"])
    found = next((each for each in scene.objects if each.session_uid == uid and each.type == "MESH"), scene.objects.get(name))
    if found is None:
        raise AssetError(f"{name} is no longer in the scene: undo that and choose Place, or import the job's asset.")
    if found.mode != "OBJECT":
        raise AssetError(f"{found.name} is being edited: go to Object Mode and choose Place.")
    if found.mav3d.prompt and not found.mav3d.own_armature:
        raise AssetError(f"{found.name} moves already: remove its armature, or import the job's asset.")
    return found


def whole_spacing(scene: bpy.types.Scene, fps: float) -> float:
    """The scene's frames from one frame of a clip to the next at the clip's own speed; a whole number where that is nearly one,
    so that keys are on frames."""
    spacing = scene.render.fps / scene.render.fps_base / fps
    return round(spacing) if abs(spacing - round(spacing)) < NEARLY * spacing else spacing


def _has_own_place(asset: Asset, request: dict[str, Any] | None) -> bool:
    """Whether the asset moves something that has a place and a size already: objects or files, not a prompt."""
    return asset.about.get("preset") == "track" or bool((request or {}).get("mesh"))


def _place_job(session: Session, job_id: str, reading: Background[Asset], select: bool) -> Placed:
    """Places a job's asset as one undo step."""
    job, notes = session.store.get(job_id), []
    if job is None:
        return Placed(job_id)
    try:
        asset = reading.wait()
        scene = bpy.data.scenes.get(job.target.get("scene", "")) or bpy.context.scene
        if "object" in job.target:
            notes = animate_target(scene, asset, job.target, job.request, job.id)
        else:
            place_asset(scene, asset, job.target, job.request, job.id, select)
    except (AssetError, OSError) as error:
        return Placed(job_id, str(error))
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        # An exception would end the timer, and with it the messages of other jobs.
        problem = f"The result in {job.asset} could not be placed ({error}): use Import Asset, or generate it again."
        return Placed(job_id, problem)
    session.mark_imported(job.id)
    _push_undo(f"MAV3D: {asset.prompt}")
    return Placed(job_id, note=" ".join(notes))


def select_object(scene: bpy.types.Scene, host: bpy.types.Object) -> None:
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


def _push_undo(message: str) -> None:
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        bpy.ops.ed.undo_push(message=message)
