"""What happens while Blender goes on: a timer hears the engine, shows previews, and places results. Each tick is short."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy

from ..jobs.store import Job
from ..setup.background import Background
from ..timeline.asset import AssetError, read_asset
from ..viewport.overlay import lit_preview
from .engine_setup import take_installed
from .results import place_result
from .state import Runtime, runtime, session

BUSY, IDLE = 0.1, 1.0


def start() -> None:
    """Begins to tick, if it does not already."""
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=BUSY, persistent=True)


def stop() -> None:
    """Ticks no more."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float:
    """One look at the engine and at set-up. Returns the seconds to the next."""
    now = runtime()
    heard = advance(now)
    working = set_up_at_work(now)
    if heard or working:
        redraw()
    else:
        # Not in the same breath as the sidebar: each may take long to draw.
        _show_preview(now)
    return BUSY if heard or working or now.waiting or (now.session is not None and now.session.busy) else IDLE


def advance(now: Runtime) -> bool:
    """Handles what the engine said, and places what is ready; whether anything is new."""
    if now.session is None:
        return False
    events = now.session.tick(time.monotonic())
    for event in events:
        _handle(now, event)
    return _place_ready(now) or bool(events)


def _handle(now: Runtime, event: Any) -> None:
    job = now.session.store.get(event.job) if event.job else None
    if event.kind == "estimate":
        now.estimate = event.message
    elif event.kind in ("engine", "error") and event.message:
        now.warned = event.message
    if job is None:
        return
    if job.state == "RUNNING":
        now.began.setdefault(job.id, time.monotonic())
    elif now.overlay.job == job.id:
        now.overlay.clear()
    if event.kind == "preview" and event.mesh and job.state == "RUNNING" and _wanted(job):
        now.preview = job.id, Background(lit_preview, Path(event.path))
    if event.kind == "result" and job.target.get("file") == now.file:
        fetch(now, job)


def _show_preview(now: Runtime) -> None:
    """Draws the newest preview mesh, once it is read. One that can't be read leaves what is drawn: another follows."""
    if now.session is None or now.preview is None or not now.preview[1].done:
        return
    (identifier, reading), now.preview = now.preview, None
    job, mesh = now.session.store.get(identifier), reading.wait()
    if mesh is not None and job is not None and job.state == "RUNNING" and _wanted(job):
        now.overlay.show(identifier, mesh, job.target.get("location", (0, 0, 0)))


def _wanted(job: Job) -> bool:
    scene = bpy.data.scenes.get(job.target.get("scene", ""))
    return scene is not None and scene.mav3d.live_preview


def fetch(now: Runtime, job: Job) -> None:
    """Begins to read a job's asset, away from Blender's own thread; it is placed when that is done."""
    now.waiting[job.id] = Background(read_asset, Path(job.asset))


def _place_ready(now: Runtime) -> bool:
    """Places one result, at most: the rest waits for the next tick, and all of them for Object Mode."""
    for identifier, reading in list(now.waiting.items()):
        if not reading.done or not _may_place():
            continue
        del now.waiting[identifier]
        place_job(now, identifier, reading)
        return True
    return False


def place_job(now: Runtime, identifier: str, reading: Background[Any]) -> bpy.types.Object | None:
    """Puts a job's asset into its scene as one undo step; None, with the reason above the jobs, where it can't be."""
    job = now.session.store.get(identifier)
    if job is None:
        return None
    try:
        asset = reading.wait()
        scene = bpy.data.scenes.get(job.target.get("scene", "")) or bpy.context.scene
        placed = place_result(scene, asset, job.target, job.request, job.id)
    except (AssetError, OSError) as error:
        now.warned = str(error)
        return None
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        # An exception would end the timer, and with it all that is heard of other jobs.
        now.warned = f"The result in {job.asset} could not be placed ({error}): use Import Asset, or generate it anew."
        return None
    now.session.imported(job.id)
    _push_undo(f"MAV3D: {asset.prompt}")
    return placed.object


def _may_place() -> bool:
    active = bpy.context.view_layer.objects.active if bpy.context.view_layer else None
    return active is None or active.mode == "OBJECT"


def _push_undo(message: str) -> None:
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        bpy.ops.ed.undo_push(message=message)


def set_up_at_work(now: Runtime) -> bool:
    """Takes what set-up has found; whether it is still at work, or has something new."""
    new = now.check is not None and now.check.done
    if new:
        checked, now.check = now.check, None
        try:
            now.report = checked.poll()
        except Exception as error:
            now.warned = f"The engine could not be checked ({error}): choose another Python."
    take_installed(now)
    if now.fetch is not None and now.fetch.poll().state == "done":
        now.fetched.update((now.fetch.preset, role) for role in now.fetch.roles)
    running = any(work is not None and not work.poll().ended for work in (now.install, now.fetch))
    looking = any(work is not None and not work.done for work in (now.check, now.pythons, now.removal))
    new, now.looked = new or (now.looked and not (running or looking)), running or looking
    return new or running or looking


def redraw() -> None:
    """Asks the sidebars and the preferences to be drawn again; not the views beside the sidebars, which may take long."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            for region in area.regions if area.type == "VIEW_3D" else ():
                if region.type == "UI":
                    region.tag_redraw()


def wait(identifier: str, told=print) -> Job:
    """Blocks until a job has ended, for Blender without a window, whose timers never fire. told: hears of each new stage."""
    now, stage = runtime(), ""
    while True:
        advance(now)
        job = session().store.get(identifier)
        if job.stage and job.stage != stage and job.state == "RUNNING":
            stage = job.stage
            told(f"MAV3D: {stage.replace('_', '-')}")
        if job.state not in ("QUEUED", "RUNNING", "CANCELLING") and identifier not in now.waiting:
            return job
        time.sleep(0.05)
