"""Runs inside a real Blender with a window: goes through a user's session and writes what it saw to FOLDER/seen.json.

blender --python inside.py -- FOLDER PYTHON. The prompt is typed and Generate is pressed from outside: FOLDER/ready.json says
where the viewport is, FOLDER/sidebar.json where its sidebar is once that is open.
"""

import os
import signal
import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from watch import BEAT, Beats, go, package, show_keyframes, write

FOLDER, PYTHON = Path(sys.argv[-2]), sys.argv[-1]
NAME = package()
# How long the window is watched after the object is there, seconds.
AFTERWARDS = 2.0
beats = Beats()
seen = {"blender": bpy.app.version_string, "python": sys.version.split()[0], "progress": []}


def steps():
    """What is done, a step at a time; yields the seconds until the next."""
    bpy.context.preferences.addons[NAME].preferences.engine_python = PYTHON
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    bpy.data.objects["Cube"].location.x = 4
    show_keyframes()
    settings = window.scene.mav3d
    settings.quality, settings.seed = "DRAFT", 1
    yield 3.0
    view = next(region for region in area.regions if region.type == "WINDOW")
    middle = {"x": view.x + view.width // 2, "y": window.height - view.y - view.height // 2}
    write(FOLDER, "ready.json", middle | {"open": area.spaces.active.show_region_ui})
    while not area.spaces.active.show_region_ui:
        yield BEAT
    # Until it has slid in.
    yield 2.0
    region = next(region for region in area.regions if region.type == "UI")
    place = {"x": region.x, "y": region.y, "width": region.width, "height": region.height, "window": window.height}
    write(FOLDER, "sidebar.json", place)
    current = sys.modules[f"{NAME}.mav3d_blender.controller.state"].state()
    said = None
    while current.session is None or not current.session.store.jobs():
        beats.beat(None, "before")
        if said != (said := {"category": region.active_panel_category, "prompt": settings.prompt}):
            write(FOLDER, "panel.json", said)
        yield BEAT
    seen["pressed"] = True
    write(FOLDER, "pressed.json", {})
    yield from watch_job(current)
    host = window.view_layer.objects.active
    seen["prompt"], seen["bones"] = host.mav3d.prompt, [bone.name for bone in host.find_armature().data.bones]
    seen["name"] = host.name
    write(FOLDER, "placed.json", {})
    yield 1.5
    heights = []
    # The clip keeps its speed: 12 frames of it a second, 24 of the scene's.
    for frame in range(1, 33):
        window.scene.frame_set(frame)
        shown = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
        places = [shown.matrix_world @ vertex.co for vertex in shown.data.vertices]
        heights.append(sum(place.z for place in places) / len(places))
    seen["travel"] = max(heights) - min(heights)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
        yield 0.5
    seen["after_undo"] = seen["name"] in bpy.data.objects
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.redo()
        yield 0.5
    seen["after_redo"] = seen["name"] in bpy.data.objects
    path = str(FOLDER / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    yield 1.0
    host = bpy.data.objects[seen["name"]]
    seen["reopened"] = [host.mav3d.prompt, len(host.find_armature().data.bones)]
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(FOLDER / "render.png")
    bpy.ops.render.render(write_still=True)
    seen["rendered"] = (FOLDER / "render.png").is_file()
    settings = scene.mav3d
    settings.prompt, settings.seed = "a blue cube spinning", 2
    bpy.ops.mav3d.generate()
    while current.session.running is None or not current.session.running.step:
        yield 0.1
    # Blender ends in the middle of this one.
    seen["left"], seen["engine"] = current.session.running.id, current.session._scheduler.process.pid
    seen["jobs"] = str(current.session.store.folder)


def watch_job(current):
    """Until the newest job's object has been there for a while; the engine is killed once on the way."""
    session, ended = current.session, None
    while ended is None or time.monotonic() - ended < AFTERWARDS:
        job, process = session.store.jobs()[-1], session._scheduler.process
        beats.beat(process and process.pid, job.state, job.stage, job.step, job.image[-20:])
        if job.state == "RUNNING" and job.stage == "dynamic" and "killed" not in seen:
            seen["killed"] = os.kill(process.pid, signal.SIGKILL)
        if job.state == "INTERRUPTED" and "interrupted" not in seen:
            seen["interrupted"] = job.message
            bpy.ops.mav3d.resume(job=job.id)
        elif job.state in ("FAILED", "INTERRUPTED"):
            raise RuntimeError(job.message)
        if job.steps and [job.stage] != seen["progress"][-1:]:
            seen["progress"].append(job.stage)
        if job.image and job.step > 60 and not (FOLDER / "running.json").is_file():
            write(FOLDER, "running.json", {})
        seen["overlay"] = seen.get("overlay") or current.preview.job == job.id
        seen["thumbnail"] = seen.get("thumbnail") or current.thumbnails.icon(job.image) > 0
        if job.imported and ended is None:
            ended = time.monotonic()
        yield BEAT
    seen["gaps"], seen["own"], seen["slow"] = beats.gaps, beats.own, beats.slow


go(steps(), FOLDER, seen)
