"""Finished assets become objects in the scene, each in one undo step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ...client.session import Session
from ...common.background import Background
from ...jobs.job import Job
from ...timeline import (
    Imported,
    Timing,
    animate_object,
    armature_of,
    basis_at,
    carrier_of,
    check_animated,
    clip_box,
    import_asset,
    motion_curves,
    moved,
    release,
    released_place,
    replace_result,
    set_fps,
    stand,
    z_up,
)
from ...timeline.asset_folder.asset import Asset, AssetError, read_asset
from ..pace import pace_of, set_pace
from .attention import Attention, attention, wait_reason
from .collections import has_empty, mark, remove_empty
from .free_place import free_place
from .recipe import read_pivot, read_place, request_of_asset, write_place, write_recipe
from .visit import visit_frame

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
    asset, timing = _prepared(scene, asset, target, request)
    location = target.get("location", (0.0, 0.0, 0.0))
    if target.get("beside") and "size" in target and not _has_own_place(asset, request):
        location = free_place(scene, location, clip_box(asset))
    imported = _import(scene, asset, target, timing, location)
    host = imported.object
    mark(imported.collection)
    scene.mav3d.result = host.name
    write_recipe(host, asset, request or request_of_asset(asset), job_id, timing.spacing)
    write_place(host, target | {"location": list(location)}, basis_at(carrier_of(host), timing.start))
    if select:
        select_object(scene, host)
    return imported


def _prepared(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any] | None
) -> tuple[Asset, Timing]:
    """The asset as it stands where it is put, and when it plays in the scene."""
    if target.get("up") == "Y":
        asset = z_up(asset)
    if "size" in target and not _has_own_place(asset, request):
        asset = stand(asset, target["size"], target.get("origin", "BOTTOM"))
    start = target.get("start_frame", 1) + (asset.first_number - 1 if asset.first_number is not None else 0)
    spacing = whole_spacing(scene, asset.fps) if target.get("rate") == "KEEP" else asset.number_step
    return asset, Timing(start, spacing, target.get("repeat", "LOOP"))


def _import(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], timing: Timing, location: tuple[float, float, float]
) -> Imported:
    sets_rate = target.get("rate") == "SCENE"
    return import_asset(
        asset, scene, timing.start, timing.spacing, timing.repeat, sets_rate, sets_rate, location=tuple(location)
    )


def replace_target(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any], job_id: str, select: bool
) -> None:
    """Puts the asset in the place of the result that `target` names, which is kept, hidden; where that is gone, as any."""
    host = _result_named(scene, target)
    if host is None:
        place_asset(scene, asset, target, request, job_id, select)
        return
    pace, seed = pace_of(host), host.mav3d.seed
    curves = motion_curves(host)
    begins = min((curve.range()[0] for curve in curves), default=scene.frame_current)
    # What the artist has done to its place since.
    change = basis_at(carrier_of(host), begins) @ read_place(host).inverted_safe()
    asset, timing = _prepared(scene, asset, target, request)
    timing, location = replace(timing, start=begins), Vector(target.get("location", (0.0, 0.0, 0.0)))
    if asset.rig is not None:
        asset, location = moved(asset, change @ Matrix.Translation(location)), Vector()
    imported = _import(scene, asset, target, timing, location)
    basis = change @ Matrix.Translation(location + Vector(asset.origin))
    replace_result(host, imported, timing, basis, f"{host.name} (seed {seed})")
    write_recipe(host, asset, request, job_id, timing.spacing)
    write_place(host, target, change.inverted_safe() @ basis_at(carrier_of(host), begins))
    if pace != pace_of(host):
        set_pace(host, replace(pace, closed=False))
    scene.mav3d.result = host.name


def _result_named(scene: bpy.types.Scene, target: dict[str, Any]) -> bpy.types.Object | None:
    """The result that is to be replaced, by the number that it has as long as Blender runs, else by its name."""
    hosts = [each for each in scene.objects if each.type == "MESH" and each.mav3d.prompt]
    by_number = [each for each in hosts if each.session_uid == target.get("uid")]
    return next(iter(by_number or [each for each in hosts if each.name == target["replaces"]]), None)


def animate_target(
    scene: bpy.types.Scene, asset: Asset, target: dict[str, Any], request: dict[str, Any], job_id: str
) -> list[str]:
    """Moves the object that `target` names, whose mesh the asset was made of, as the asset moves; returns sentences on what is
    odd. Raises AssetError where that can't be, with nothing changed."""
    host = _target_object(scene, target)
    # An object that moves already is where it was when its mesh was sent.
    with visit_frame(scene, target.get("frame", scene.frame_current)):
        return _animate(scene, host, asset, target, request, job_id)


def _animate(
    scene: bpy.types.Scene, host: bpy.types.Object, asset: Asset, target: dict[str, Any], request: dict[str, Any], job_id: str
) -> list[str]:
    timing = Timing(
        target.get("start_frame", 1), whole_spacing(scene, asset.fps) if target.get("rate") == "KEEP" else 1,
        target.get("repeat", "LOOP"),
    )  # fmt: skip
    change = Matrix()
    own_armature = armature_of(host) is not None and not is_made(host)
    if is_made(host):
        pivot = read_pivot(host)
        check_animated(host, asset, released_place(host, pivot))
        if carrier_of(host) != host:
            change = basis_at(carrier_of(host), timing.start) @ read_place(host).inverted_safe()
        release(host, pivot, f"{host.name} (seed {host.mav3d.seed})")
        if asset.rig is not None:
            asset = moved(asset, pivot.inverted() @ change @ pivot)
    pivot = host.matrix_world.translation.copy()
    notes = animate_object(host, asset, timing)
    if target.get("rate") == "SCENE":
        scene.frame_start, scene.frame_end = timing.start, timing.start + asset.frames - 1
        set_fps(scene, asset.fps)
    scene.mav3d.result = host.name
    write_recipe(host, asset, request, job_id, timing.spacing, own_armature)
    write_place(host, target | {"location": list(pivot)}, change.inverted_safe() @ basis_at(carrier_of(host), timing.start))
    return notes


def is_made(host: bpy.types.Object) -> bool:
    """Whether all that moves `host` was made by MAV3D: an armature of the person's own can get one Action after the other."""
    return bool(host.mav3d.prompt) and not host.mav3d.own_armature


def _target_object(scene: bpy.types.Scene, target: dict[str, Any]) -> bpy.types.Object:
    """The object by the number that it has as long as Blender runs, since its name may change; else by its name."""
    uid, name = target.get("uid"), str(target["object"])
    found = next((each for each in scene.objects if each.session_uid == uid and each.type == "MESH"), scene.objects.get(name))
    if found is None:
        raise AssetError(f"{name} is no longer in the scene: undo that and choose Place, or import the job's asset.")
    if found.mode != "OBJECT":
        raise AssetError(f"{found.name} is being edited: go to Object Mode and choose Place.")
    if is_made(found) and not target.get("again"):
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
        elif "replaces" in job.target:
            replace_target(scene, asset, job.target, job.request, job.id, select)
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
