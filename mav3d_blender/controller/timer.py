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
    now = state()
    changed, working = advance(now), poll_background(now)
    if changed or working:
        redraw()
    elif now.session is not None:
        # Not in the same tick as the sidebar: each may take long to draw.
        now.preview.show(now.session.store)
    return BUSY_S if changed or working or now.results.pending or (now.session is not None and now.session.busy) else IDLE_S


def advance(now: State) -> bool:
    """Handles the engine's messages, and places a result that is ready; whether anything has changed."""
    if now.session is None:
        return False
    events = now.session.tick(time.monotonic())
    for event in events:
        _handle(now, event)
    placed = now.results.place_ready(now.session)
    if placed is not None and placed.problem:
        now.notices.warning = placed.problem
    return placed is not None or bool(events)


def poll_background(now: State) -> bool:
    """Takes what set-up and downloads have done; whether one is running or has just ended."""
    working, problem = now.setup.poll()
    if problem:
        now.notices.warning = problem
    return now.downloads.poll() or working


def _handle(now: State, event: Event) -> None:
    job = now.session.store.get(event.job) if event.job else None
    if event.kind == "estimate":
        now.notices.estimate = event.message
    elif event.kind in ("engine", "error") and event.message:
        now.notices.warning = event.message
    if job is None:
        return
    if job.state != "RUNNING" and now.preview.job == job.id:
        now.preview.clear()
    if event.kind == "preview" and event.mesh and job.state == "RUNNING":
        now.preview.read(job, Path(event.path))
    if event.kind == "result" and job.target.get("file") == now.results.file:
        now.results.read(job)


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
    now, stage = state(), ""
    while True:
        advance(now)
        job = now.open_session().store.get(job_id)
        if job.stage and job.stage != stage and job.state == "RUNNING":
            stage = job.stage
            report(f"MAV3D: {stage.replace('_', '-')}")
        if not job.active and not now.results.is_reading(job_id):
            return job
        time.sleep(0.05)


def wait_for_estimate() -> str:
    """Blocks until an estimate is there, for `blender -b`; returns it."""
    now = state()
    while now.session.busy:
        advance(now)
        time.sleep(0.05)
    return now.notices.estimate
