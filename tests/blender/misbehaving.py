"""Runs inside a real Blender with a window: one engine after the other that misbehaves, each followed by one that does not.

blender --python misbehaving.py -- FOLDER PYTHON. PYTHON starts a fake engine, which behaves as FOLDER/words says. What came of
each is in FOLDER/seen.json.
"""

import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from watch import BEAT, Beats, go, package, show_keyframes, write

FOLDER, PYTHON = Path(sys.argv[-2]), sys.argv[-1]
NAME = package()
MANNERS = ("silent", "no-torch", "die", "crash", "half", "mute", "flood", "garbage", "huge")
GOOD = "good"
# Of an engine that never says it is ready, instead of two minutes.
HELLO_SECONDS = 2.0
# The most that a job may take here, far more than it does on a machine that is not busy.
LONGEST = 1200.0
beats = Beats()
seen = {"blender": bpy.app.version_string, "jobs": {}}


def steps():
    """Yields the seconds until the next look."""
    preferences = bpy.context.preferences
    preferences.addons[NAME].preferences.engine_python = PYTHON
    # Blender goes on drawing for a second after each object that is placed; it need not here.
    preferences.system.viewport_aa = "OFF"
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    window.scene.mav3d.prompt = "red ball bouncing"
    show_keyframes()
    yield 2.0
    region = next(region for region in area.regions if region.type == "UI")
    # Which tab is open can be chosen here in newer versions only; in the others what is drawn is not ours.
    if not region.bl_rna.properties["active_panel_category"].is_readonly:
        region.active_panel_category = "MAV3D"
    yield 2.0
    write(FOLDER, "ready.json", {})
    current = sys.modules[f"{NAME}.mav3d_blender.controller.state"].state()
    for manner in MANNERS:
        seen["jobs"][manner] = [(yield from generate(current, manner)), (yield from generate(current, GOOD))]
    seen["gaps"], seen["own"], seen["slow"] = beats.gaps, beats.own, beats.slow


def generate(current, manner):
    """Asks for a job of an engine that behaves so; returns what has become of it."""
    (FOLDER / "words").write_text("pause=0.05 " + ("" if manner == GOOD else manner))
    bpy.ops.mav3d.generate()
    session, until, cancelled = current.session, time.monotonic() + LONGEST, False
    name = session.store.jobs()[-1].id
    while True:
        job, process = session.store.get(name), session._scheduler.process
        beats.beat(process and process.pid, manner, job.state, job.step)
        if manner == "silent" and process:
            process.hello_seconds = HELLO_SECONDS
        if manner == "mute" and job.step and not cancelled and time.monotonic() > until - LONGEST + 2:
            cancelled = bool(bpy.ops.mav3d.cancel(job=name))
        if job.imported or job.state in ("FAILED", "INTERRUPTED", "CANCELLED") or time.monotonic() > until:
            break
        yield BEAT
    told = {name: getattr(job, name) for name in ("state", "imported", "message", "advice")}
    if session.engine_state in ("ready", "starting"):
        bpy.ops.mav3d.stop_engine()
    while session._scheduler.process.alive and time.monotonic() < until:
        beats.beat(session._scheduler.process.pid, manner, "ending")
        yield BEAT
    return told


go(steps(), FOLDER, seen)
