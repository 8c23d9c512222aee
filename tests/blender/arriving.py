"""Runs inside a real Blender with a window, started with a .blend: results arrive while a person does other things.

blender FILE --python arriving.py -- FOLDER PYTHON. PYTHON starts a fake engine. Keys are pressed from outside where a file
FOLDER/*.json asks for it; what was seen is in FOLDER/seen.json.
"""

import sys
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from watch import BEAT, go, package, write

FOLDER, PYTHON = Path(sys.argv[-2]), sys.argv[-1]
NAME = package()
# The most that a step may take here, far more than it does on a machine that is not busy.
LONGEST = 600.0
seen = {"blender": bpy.app.version_string}


def steps():
    """Yields the seconds until the next look."""
    preferences = bpy.context.preferences
    preferences.addons[NAME].preferences.engine_python = PYTHON
    preferences.view.render_display_type, preferences.system.viewport_aa = "NONE", "OFF"
    current = sys.modules[f"{NAME}.mav3d_blender.controller.state"].state()
    yield from until(lambda: current.jobs(), "the jobs on disk")
    seen["listed"], seen["file"] = [job.id for job in current.jobs()], bpy.data.filepath
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    window.scene.mav3d.prompt = "red ball bouncing"
    cube = bpy.data.objects["Cube"]
    middle = {"x": area.x + area.width // 3, "y": window.height - area.y - area.height // 2}
    write(FOLDER, "ready.json", middle)
    # A grab, by the keyboard.
    write(FOLDER, "grab.json", {})
    yield from until(lambda: len(window.modal_operators), "the grab")
    seen["tool"] = yield from arrive(current)
    seen["placed_meanwhile"] = current.jobs()[-1].imported
    write(FOLDER, "release.json", {})
    yield from until(lambda: current.jobs()[-1].imported, "the result after the grab")
    first = window.view_layer.objects.active
    seen["selected"], seen["beside"] = first.mav3d.prompt, first.location.x - cube.location.x
    # Something else is selected meanwhile.
    yield from begin(current)
    for item in list(window.view_layer.objects.selected):
        item.select_set(False)
    cube.select_set(True)
    window.view_layer.objects.active = cube
    yield from until(lambda: current.jobs()[-1].imported, "the result beside other work")
    seen["kept"] = window.view_layer.objects.active == cube and cube.select_get()
    # Edit Mode.
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.object.mode_set(mode="EDIT")
    seen["edit"] = yield from arrive(current)
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.object.mode_set(mode="OBJECT")
    yield from until(lambda: current.jobs()[-1].imported, "the result after Edit Mode")
    # A render that lasts until it is stopped.
    scene = window.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_adaptive_sampling = "CYCLES", 100_000, False
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.render.render("INVOKE_DEFAULT")
    seen["render"] = yield from arrive(current)
    write(FOLDER, "stop_render.json", {})
    yield from until(lambda: current.jobs()[-1].imported, "the result after the render")
    # A stop answers at once: the fake engine would go on for minutes.
    Path(FOLDER / "words").write_text("steps=2000 pause=0.1")
    bpy.ops.mav3d.stop_engine()
    yield from until(lambda: current.session.engine_state == "stopped", "the engine's end")
    yield from begin(current)
    yield from until(lambda: current.jobs()[-1].step, "a step")
    began = time.monotonic()
    bpy.ops.mav3d.cancel()
    yield from until(lambda: current.jobs()[-1].state == "CANCELLED", "the cancel")
    seen["cancel"] = time.monotonic() - began


def arrive(current):
    """Asks for an object while something goes on; returns what the result says that it waits for."""
    yield from begin(current)
    yield from until(lambda: current.results.waits or current.jobs()[-1].imported, "a result")
    # It goes on waiting.
    yield 1.0
    return current.results.waits


def begin(current):
    before = len(current.jobs())
    bpy.ops.mav3d.generate()
    yield from until(lambda: len(current.jobs()) > before, "the job")


def until(happened, what):
    end = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        yield BEAT


go(steps(), FOLDER, seen)
