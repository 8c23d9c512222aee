"""Runs inside a real Blender with a window, started with a rigged dog: drafts to choose from, a result in another's place, its
pace, and an armature that was there before.

blender FILE --python shaping.py -- FOLDER PYTHON. PYTHON starts a fake engine; FOLDER/asset moves the dog. What was seen is in
FOLDER/seen.json; where a file FOLDER/*.json asks for it, a picture is taken from outside.
"""

import sys
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from watch import BEAT, go, package, write

FOLDER, PYTHON = Path(sys.argv[-2]), sys.argv[-1]
NAME = package()
LONGEST = 600.0
seen = {"blender": bpy.app.version_string}


def steps():
    """Yields the seconds until the next look."""
    bpy.context.preferences.addons[NAME].preferences.engine_python = PYTHON
    module = sys.modules[f"{NAME}.mav3d_blender.controller.placing.results"]
    current = sys.modules[f"{NAME}.mav3d_blender.controller.state"].state()
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    yield 2.0
    region = next(region for region in area.regions if region.type == "UI")
    region.active_panel_category = "MAV3D"
    write(FOLDER, "ready.json", {"height": window.height})
    # An armature of one's own.
    dog = bpy.data.objects["dog"]
    asset = module.read_asset(FOLDER / "asset")
    rest = shown(dog, 1)
    pivot = np.array(dog.matrix_world.translation)
    with bpy.context.temp_override(window=window, area=area):
        notes = module.animate_target(window.scene, asset, {"object": "dog", "rate": "EVERY"}, {"prompt": "running"}, "own")
        bpy.ops.ed.undo_push(message="dog")
    size = np.linalg.norm(np.ptp(rest, axis=0))
    seen["notes"], seen["action"] = notes, dog.find_armature().animation_data.action.name
    seen["away"] = max(
        float(np.linalg.norm(shown(dog, frame + 1) - pivot - positions, axis=1).max() / size)
        for frame, positions in enumerate(asset.meshes.positions)
    )
    seen["moved"] = float(np.abs(shown(dog, 2) - rest).max() / size)
    yield 1.0
    write(FOLDER, "dog.json", {})
    yield from until((FOLDER / "dog.png").is_file, "the picture of the dog")
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
    yield 0.5
    dog = bpy.data.objects["dog"]
    seen["one undo"] = [dog.mav3d.prompt, float(np.abs(shown(dog, 2) - rest).max() / size)]
    # Four drafts.
    window.scene.mav3d.prompt, window.scene.mav3d.seed = "a red ball bouncing", 7
    bpy.ops.mav3d.four_seeds()
    drafts = sys.modules[f"{NAME}.mav3d_blender.controller.sheet"].drafts
    yield from until(lambda: all(job.state == "DONE" for job in drafts()), "the drafts")
    yield 1.5
    seen["drafts"] = [[job.request["seed"], job.imported, current.thumbnails.icon(job.image) > 0] for job in drafts()]
    write(FOLDER, "drafts.json", {})
    yield from until((FOLDER / "drafts.png").is_file, "the picture of the drafts")
    chosen = drafts()[1].id
    bpy.ops.mav3d.choose_draft(job=chosen)
    yield from until(lambda: current.session.store.get(chosen).imported, "the chosen draft")
    host = window.view_layer.objects.active
    name, seed = host.name, host.mav3d.seed
    seen["chosen"] = [host.mav3d.job == chosen, seed == current.session.store.get(chosen).request["seed"]]
    # Its pace.
    frames = range(1, 12)
    before = [shown(host, frame) for frame in frames]
    with bpy.context.temp_override(window=window, area=area, object=host):
        bpy.ops.mav3d.retime("EXEC_DEFAULT", True, speed=2.0, repeat="LOOP")
    yield 0.5
    host = bpy.data.objects[name]
    seen["twice"] = max(float(np.abs(shown(host, 1 + k) - before[2 * k]).max()) for k in range(5))
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
    yield 0.5
    host = bpy.data.objects[name]
    again = [shown(host, frame) for frame in frames]
    seen["pace undone"] = float(np.abs(np.array(again) - np.array(before)).max())
    # Another in its place.
    host.location.x += 3
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo_push(message="moved")
    count = len(current.jobs())
    with bpy.context.temp_override(window=window, area=area, object=host):
        bpy.ops.mav3d.improve()
    yield from until(lambda: len(current.jobs()) > count and current.jobs()[-1].imported, "the better one")
    host = bpy.data.objects[name]
    kept = bpy.data.objects.get(f"{name} (seed {seed})")
    seen["replaced"] = [host.mav3d.quality, host.mav3d.job == current.jobs()[-1].id, kept is not None and kept.hide_viewport]
    yield 1.0
    write(FOLDER, "result.json", {})
    yield from until((FOLDER / "result.png").is_file, "the picture of the result")
    bpy.ops.mav3d.close_sheet()
    seen["closed"], width = [len(drafts()), len(current.jobs())], region.width
    yield 1.0
    write(FOLDER, "closed.json", {"x": region.x, "y": region.y, "width": region.width})
    yield from until((FOLDER / "narrow.png").is_file, "the picture of a narrow sidebar")
    seen["narrower"] = width - region.width
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.ed.undo()
    yield 0.5
    seen["undone"] = [bpy.data.objects[name].mav3d.quality, f"{name} (seed {seed})" in bpy.data.objects]


def shown(host, frame: int) -> np.ndarray:
    """What it shows at a frame, world."""
    bpy.context.scene.frame_set(frame)
    evaluated = host.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([evaluated.matrix_world @ vertex.co for vertex in evaluated.data.vertices])


def until(happened, what):
    end = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        yield BEAT


go(steps(), FOLDER, seen)
