"""A timer takes the engine's messages, shows previews and places results while Blender goes on. Each tick is short."""

from __future__ import annotations

import time
from pathlib import Path

import bpy

from ..client.events import Event
from ..jobs.job import Job
from .state import State, state

BUSY_S, IDLE_S = 0.1, 1.0


def start() -> None:
    """Starts the timer, if it does not run."""
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=BUSY_S, persistent=True)


def stop() -> None:
    """Stops the timer."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float:
    """Advances jobs, set-up and downloads. Returns the seconds to the next tick."""
    current = state()
    changed, working = advance(current), poll_background(current)
    if current.session is not None:
        changed |= current.disk_use.poll(current.session.store, time.monotonic())
    if changed or working:
        redraw()
    elif current.session is not None:
        current.results.tidy()
        # Not in the same tick as the sidebar: each may take long to draw.
        current.preview.show(current.session.store)
    busy = changed or working or current.results.pending or (current.session is not None and current.session.busy)
    return BUSY_S if busy else IDLE_S


def advance(current: State) -> bool:
    """Handles the engine's messages, and places a result that is ready; whether anything has changed."""
    if current.session is None:
        return False
    events = current.session.tick(time.monotonic())
    for event in events:
        _handle(current, event)
    waited = current.results.waits
    placed = current.results.place_ready(current.session)
    if placed is not None and (placed.problem or placed.note):
        current.notices.warn(placed.problem or placed.note, placed.job_id)
    return placed is not None or bool(events) or current.results.waits != waited


def poll_background(current: State) -> bool:
    """Takes what set-up and downloads have done; whether one is running or has just ended."""
    working, problem = current.setup.poll()
    if problem:
        current.notices.warn(problem)
    working |= current.host_setup.poll()
    return current.downloads.poll() or working


def _handle(current: State, event: Event) -> None:
    job = current.session.store.get(event.job) if event.job else None
    if event.kind == "estimate":
        current.notices.estimate = event.message
    elif event.kind in ("engine", "error") and event.message:
        current.notices.warn(event.message, event.job or ("engine" if event.kind == "engine" else ""))
    elif event.kind == "engine" and current.session.engine_state == "ready":
        current.notices.settle("engine")
    if event.kind == "job" and (job is None or job.state in ("QUEUED", "RUNNING", "DONE")):
        current.notices.settle(event.job)
    if job is None:
        return
    if job.state != "RUNNING" and current.preview.job == job.id:
        current.preview.clear()
    if event.kind == "preview" and event.mesh and job.state == "RUNNING":
        current.preview.read(job, Path(event.path))
    # A draft of a sheet waits until it is chosen.
    if event.kind == "result" and job.target.get("file") == current.results.file and not job.target.get("sheet"):
        current.results.read(job)


def redraw() -> None:
    """Redraws the sidebars and the preferences; not the 3D views beside the sidebars, which may take long."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            for region in area.regions if area.type == "VIEW_3D" else ():
                if region.type == "UI":
                    region.tag_redraw()


def wait_for_job(job_id: str, report=print) -> Job:
    """Blocks until a job has ended and is placed, for `blender -b` where no timer fires. report: takes a line per stage."""
    current, stage = state(), ""
    while True:
        advance(current)
        job = current.open_session().store.get(job_id)
        if job.stage and job.stage != stage and job.state == "RUNNING":
            stage = job.stage
            report(f"MAV3D: {stage.replace('_', '-')}")
        if not job.active and not current.results.is_reading(job_id):
            return job
        time.sleep(0.05)


def wait_for_estimate() -> str:
    """Blocks until an estimate is there, for `blender -b`; returns it."""
    current = state()
    while current.session.busy:
        advance(current)
        time.sleep(0.05)
    return current.notices.estimate
