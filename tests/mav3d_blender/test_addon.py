"""The add-on in Blender without a window, with an engine that only speaks the protocol."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import mav3d_blender
from mav3d_blender import package, runtime, ticking
from mav3d_blender.asking import more_steps, target_again
from mav3d_blender.engine_process import EngineProcess
from mav3d_blender.installing import begin_install
from mav3d_blender.job_rows import fraction, progress_text, state_text
from mav3d_blender.jobs import Job, JobError
from mav3d_blender.operators import models
from mav3d_blender.overlay import lit, read_preview
from mav3d_blender.panel import complaint
from mav3d_blender.preferences import MAV3D_AP_preferences
from mav3d_blender.setup.background import Background
from mav3d_blender.setup.check import Line, Report
from mav3d_blender.setup.install import Status
from mav3d_blender.setup.requirements import SetupError
from mav3d_blender.ticking import set_up_at_work
from tests.mav3d_blender.timeline.assets import write_asset, write_fixed_asset

FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def addon(tmp_path, monkeypatch):
    """Registered, with an empty scene, a user folder of its own, and the fake engine."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    monkeypatch.setattr(package, "user_folder", lambda: tmp_path / "user")
    (tmp_path / "user").mkdir()
    monkeypatch.setattr(
        runtime, "make_process",
        lambda: EngineProcess([sys.executable, "-u", str(FAKE)], Path(__file__).parents[2], tmp_path / "user" / "engine.log"),
    )  # fmt: skip
    mav3d_blender.register()
    entry = bpy.context.preferences.addons.new()
    entry.module = package.NAME
    entry.preferences.engine_python = sys.executable
    yield bpy.context.scene
    bpy.context.preferences.addons.remove(entry)
    mav3d_blender.unregister()


def generate(scene: bpy.types.Scene, **values) -> bpy.types.Object:
    settings = scene.mav3d
    for name, value in ({"prompt": "a red ball bouncing", "quality": "DRAFT", "seed": 7} | values).items():
        setattr(settings, name, value)
    assert bpy.ops.mav3d.generate() == {"FINISHED"}
    return bpy.context.view_layer.objects.active


def test_registering_twice_leaves_nothing_behind(addon):
    mav3d_blender.unregister()
    for where in (bpy.types.Scene, bpy.types.Object):
        assert not hasattr(where, "mav3d")
    assert not [name for name in dir(bpy.types) if name.startswith("MAV3D")]
    handlers = [handler for handler in bpy.app.handlers.load_post if "mav3d" in handler.__module__]
    assert not handlers
    mav3d_blender.register()


def test_generate_blocks_until_the_object_is_there_with_its_recipe(addon):
    addon.cursor.location = (1, 2, 3)
    host = generate(addon)
    assert host.mav3d.prompt and host.mav3d.job and tuple(host.location) == (1, 2, 3)
    assert json.loads(host.mav3d.request)["seed"] == 7
    assert [each for each in addon.objects if each.mav3d.prompt] == [host]
    (job,) = runtime.session().store.jobs()
    assert job.state == "DONE" and job.imported


def test_a_random_seed_is_drawn_and_shown(addon):
    host = generate(addon, random_seed=True, seed=0)
    assert addon.mav3d.seed != 0 and json.loads(host.mav3d.request)["seed"] == addon.mav3d.seed


def test_a_result_is_made_again_and_varied(addon):
    first = generate(addon)
    assert bpy.ops.mav3d.regenerate.poll()
    with bpy.context.temp_override(object=first):
        assert bpy.ops.mav3d.regenerate() == {"FINISHED"}
        assert bpy.ops.mav3d.vary_seed() == {"FINISHED"}
    seeds = [json.loads(host.mav3d.request)["seed"] for host in addon.objects if host.mav3d.prompt]
    assert len(seeds) == 3 and seeds.count(7) == 2


def test_settings_come_back_from_the_history(addon):
    generate(addon, frames=9, repeat="PING_PONG")
    addon.mav3d.prompt, addon.mav3d.frames, addon.mav3d.repeat = "a cube", 16, "HOLD"
    assert bpy.ops.mav3d.use_settings(entry=0) == {"FINISHED"}
    assert (addon.mav3d.prompt, addon.mav3d.frames, addon.mav3d.repeat) == ("a red ball bouncing", 9, "PING_PONG")
    assert addon.mav3d.quality == "DRAFT"


@pytest.mark.parametrize(
    ("prompt", "python", "possible"),
    [("a corgi", True, False), ("", True, False), ("a cube", False, False), ("a cube", True, True)],
)
def test_generate_is_grey_where_it_can_do_nothing(addon, tmp_path, prompt, python, possible):
    addon.mav3d.prompt = prompt
    if not python:
        bpy.context.preferences.addons[package.NAME].preferences.engine_python = str(tmp_path / "none")
    assert bpy.ops.mav3d.generate.poll() is possible


FETCHER = """
import json, sys
print(json.dumps({"type": "progress", "step": 1, "steps": 4, "eta_s": 3.0, "model": " ".join(sys.argv[1:])}), flush=True)
if "--image-model=bad/model" in sys.argv:
    print(json.dumps({"type": "error", "kind": "model", "message": "bad/model is gated."}), flush=True)
    sys.exit(1)
"""


def test_models_are_fetched_and_then_count_as_there(addon, tmp_path, monkeypatch):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__main__.py").write_text(FETCHER)
    monkeypatch.setattr(package, "ROOT", tmp_path)
    fetch, settings = bpy.ops.mav3d.fetch_models, addon.mav3d
    monkeypatch.setattr(models, "online", lambda: True)
    assert not fetch.poll()
    settings.preset, settings.prompt = "custom", "a corgi"
    assert not fetch.poll()
    settings.preset = "open"
    missing = {"image": "x/y is not on this machine.", "video": "z is not on this machine."}
    about = {"name": "open", "ready": False, "reason": "x/y is not on this machine.", "missing": missing}
    monkeypatch.setattr(type(runtime.session()), "hello", {"presets": [about]})
    assert complaint(settings) == missing["image"] and not bpy.ops.mav3d.generate.poll()
    settings.image_model = "bad/model"
    assert complaint(settings) == missing["video"]
    with pytest.raises(RuntimeError, match="bad/model is gated"):
        fetch()
    assert runtime.runtime().fetch.poll().phase == "" and complaint(settings)
    settings.image_model = "good/model"
    assert fetch() == {"FINISHED"}
    set_up_at_work(runtime.runtime())
    assert complaint(settings) == ""
    # The preset's own image model was not asked for.
    settings.image_model = ""
    assert complaint(settings) == missing["image"]
    assert fetch() == {"FINISHED"}
    set_up_at_work(runtime.runtime())
    assert complaint(settings) == "" and bpy.ops.mav3d.generate.poll()
    monkeypatch.setattr(models, "online", lambda: False)
    assert not fetch.poll()


@pytest.mark.parametrize("write", [write_asset, write_fixed_asset])
def test_an_asset_folder_is_imported_with_its_recipe(addon, tmp_path, write):
    write(tmp_path / "job" / "asset")
    # The job's own folder does as well.
    assert bpy.ops.mav3d.import_asset(directory=str(tmp_path / "job")) == {"FINISHED"}
    host = bpy.context.view_layer.objects.active
    assert host.mav3d.prompt == "an octahedron growing" and host.mav3d.seed == 1
    # A far place that the engine took out of the mesh counts from the cursor, as the mesh itself does.
    write(tmp_path / "far" / "asset", origin=[1000, 0, -20])
    addon.cursor.location = (1, 2, 3)
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "far"))
    assert tuple(bpy.context.view_layer.objects.active.location) == (1001, 2, -17)
    with pytest.raises(RuntimeError, match="no asset folder"):
        bpy.ops.mav3d.import_asset(directory=str(tmp_path))


def test_a_result_is_marked_and_baked(addon, tmp_path):
    write_fixed_asset(tmp_path / "asset")
    bpy.ops.mav3d.import_asset(directory=str(tmp_path / "asset"))
    host = bpy.context.view_layer.objects.active
    with bpy.context.temp_override(object=host):
        assert bpy.ops.mav3d.mark_as_asset() == {"FINISHED"}
        assert host.asset_data.description == "an octahedron growing"
        assert {"mav3d", "octahedron", "growing"} <= {tag.name for tag in host.asset_data.tags}
        assert bpy.ops.mav3d.export(format="GLB", filepath=str(tmp_path / "out")) == {"FINISHED"}
        assert (tmp_path / "out.glb").stat().st_size > 1000
        assert bpy.ops.mav3d.bake_to_frames() == {"FINISHED"}
    assert bpy.context.view_layer.objects.active != host and host.hide_render


def test_more_steps_are_more_than_the_last_stage_had(addon, tmp_path):
    told = [
        {"type": "progress", "stage": "static", "step": 110, "steps": 110},
        {"type": "progress", "stage": "dynamic", "step": 90, "steps": 90},
        {"type": "progress", "stage": "track", "step": 15, "steps": 15},
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(message) + "\n" for message in told))
    assert more_steps(Job("a", str(tmp_path), {}), 5) == {"dynamic_steps": 95}
    for content in ("{", "", '{"type": "progress"}'):
        (tmp_path / "events.jsonl").write_text(content)
        with pytest.raises(JobError, match="generate it anew"):
            more_steps(Job("a", str(tmp_path), {}), 5)


def test_what_a_check_finds_is_taken_and_shown_once(addon):
    now = runtime.runtime()
    now.check = Background(lambda: "a report")
    now.check.wait()
    assert set_up_at_work(now) and now.report == "a report" and now.check is None
    assert not set_up_at_work(now)
    now.check = Background(lambda: 1 / 0)
    while not now.check.done:
        time.sleep(0.01)
    assert set_up_at_work(now) and "could not be checked" in now.warned and now.report == "a report"


def test_what_was_installed_takes_the_place_of_a_named_python(addon):
    now, chosen = runtime.runtime(), bpy.context.preferences.addons[package.NAME].preferences
    now.install = SimpleNamespace(poll=lambda: Status("running"), checked=None, cancel=lambda: None, wait=lambda seconds: None)
    set_up_at_work(now)
    assert chosen.engine_python
    now.install.poll = lambda: Status("done")
    set_up_at_work(now)
    assert chosen.engine_python == ""
    chosen.engine_python = sys.executable
    set_up_at_work(now)
    assert chosen.engine_python == sys.executable, "it is named anew, after the installation"


class Layout:
    """Takes what is drawn: texts, and the buttons with what they are called with."""

    def __init__(self, top=None) -> None:
        self.top = top or self
        self.texts, self.buttons = [], []

    def column(self, **options):
        return Layout(self.top)

    row = box = column

    def label(self, text="", icon="NONE"):
        self.top.texts.append((text, icon))

    def prop(self, owner, name, **options):
        getattr(owner, name)

    def progress(self, factor, text):
        self.top.texts.append((text, "PROGRESS"))

    def operator(self, name, text=None, **options):
        self.top.buttons.append((name, text, SimpleNamespace()))
        return self.top.buttons[-1][2]


def drawn(**changes) -> Layout:
    """The preferences as they look now."""
    chosen, cls = bpy.context.preferences.addons[package.NAME].preferences, MAV3D_AP_preferences
    values = {name: getattr(chosen, name) for name in ("engine_python", "device", "variant", "advanced", "package_index")}
    methods = {name: value for name, value in vars(cls).items() if name == "_steps" or name.lstrip("_").startswith("draw")}
    shown = type("Shown", (), methods)()
    vars(shown).update(values | changes | {"layout": Layout()})
    shown.draw(bpy.context)
    return shown.layout


def test_set_up_is_three_steps_with_what_mends_each(addon, tmp_path):
    now, chosen = runtime.runtime(), bpy.context.preferences.addons[package.NAME].preferences
    chosen.engine_python = ""
    first = drawn()
    assert [name for name, *_ in first.buttons] == [
        "mav3d.install_engine", "mav3d.use_python", "mav3d.check_engine", "mav3d.check_engine", "mav3d.copy_report",
    ]  # fmt: skip
    python, fine = Path(sys.executable), [Line(name, "ok", f"{name} is fine.") for name in ("Engine", "Models", "Device")]
    chosen.engine_python = str(python)
    now.report = Report(python, tuple(fine), True, "", ("cpu",))
    good = drawn()
    assert [icon for _, icon in good.texts if icon != "BLANK1"] == ["CHECKMARK"] * 3
    assert [name for name, *_ in good.buttons] == ["mav3d.check_engine", "mav3d.copy_report"]
    now.report = Report(python, tuple(fine), True, "", ("cpu",), cuda_missing=True)
    name, text, options = drawn().buttons[0]
    assert (name, text, options.variant) == ("mav3d.install_engine", "Install the CUDA Build", "CUDA")
    now.install = SimpleNamespace(poll=lambda: Status("running", "Looking up torch · waiting for pypi.org, 9 s", 0.2))
    assert "waiting for pypi.org" in " ".join(text for text, _ in drawn().texts)
    now.install = SimpleNamespace(poll=lambda: Status("failed", sentence="pypi.org does not answer."))
    assert "does not answer" in " ".join(text for text, _ in drawn(advanced=True).texts)
    now.install = None


def test_a_device_is_chosen_by_its_button(addon):
    assert bpy.ops.mav3d.use_device(device="CUDA") == {"FINISHED"}
    assert bpy.context.preferences.addons[package.NAME].preferences.device == "CUDA"


def test_a_package_index_that_is_none_is_said_before_anything_is_installed(addon):
    bpy.context.preferences.addons[package.NAME].preferences.package_index = "mirror"
    with pytest.raises(SetupError, match="is no address"):
        begin_install()
    assert runtime.runtime().install is None


def test_a_job_that_goes_on_is_placed_as_it_was_asked_for(addon):
    addon.cursor.location = (1, 2, 3)
    settings = addon.mav3d
    settings.start_frame, settings.repeat, settings.rate, settings.at_cursor = 40, "PING_PONG", "SCENE", True
    first = generate(addon)
    name = first.mav3d.job
    asked = runtime.session().store.get(name).target
    runtime.session().store.put(replace(runtime.session().store.get(name), state="INTERRUPTED"))
    # Blender is closed and opened again, and other things are set.
    runtime.forget()
    settings.start_frame, settings.repeat, settings.rate, settings.at_cursor = 7, "HOLD", "EVERY", False
    addon.cursor.location = (9, 9, 9)
    assert bpy.ops.mav3d.resume(job=name) == {"FINISHED"}
    second = bpy.context.view_layer.objects.active
    assert second != first and tuple(second.location) == (1, 2, 3)
    kept = runtime.session().store.get(name).target
    assert {**kept, "file": ""} == {**asked, "file": ""} and kept["file"] == runtime.runtime().file != asked["file"]


def test_a_scene_of_another_file_is_not_looked_for(addon):
    job = Job("a", "", {}, target={"start_frame": 3, "scene": addon.name, "file": "another", "location": [0, 0, 1]})
    other = bpy.data.scenes.new("Other")
    with bpy.context.temp_override(scene=other):
        assert target_again(bpy.context, job) == job.target | {"scene": "Other", "file": runtime.runtime().file}
        here = replace(job, target=job.target | {"file": runtime.runtime().file})
        assert target_again(bpy.context, here)["scene"] == addon.name
        assert target_again(bpy.context, replace(job, target={})).keys() >= {"start_frame", "location", "scene", "file"}


def test_a_result_that_cannot_be_placed_is_told_of_and_ends_nothing(addon, monkeypatch):
    def broken(*arguments):
        raise ValueError("models is no dictionary")

    monkeypatch.setattr(ticking, "place_result", broken)
    addon.mav3d.prompt, addon.mav3d.quality = "a red ball", "DRAFT"
    with pytest.raises(RuntimeError, match="could not be placed"):
        bpy.ops.mav3d.generate()
    assert runtime.session().store.jobs()[-1].state == "DONE" and not runtime.runtime().waiting


def test_a_damaged_job_file_is_told_of(addon, tmp_path):
    folder = tmp_path / "user" / "jobs"
    folder.mkdir()
    (folder / "20261125-000000-aa00.json").write_text("{")
    runtime.session()
    assert "can't be read" in runtime.runtime().warned


def test_a_preview_mesh_is_checked_before_it_is_drawn(tmp_path):
    path = tmp_path / "mesh.npz"
    vertices, triangles = np.eye(3, dtype=np.float32), np.int32([[0, 1, 2]])
    np.savez(path, vertices=vertices, triangles=triangles, colours=np.full((3, 3), 255, np.uint8))
    assert read_preview(path)[2] == pytest.approx(1)
    for wrong in ({"triangles": triangles + 1}, {"vertices": vertices * np.nan}, {"colours": np.zeros((2, 3), np.uint8)}):
        np.savez(path, **({"vertices": vertices, "triangles": triangles, "colours": np.zeros((3, 3), np.uint8)} | wrong))
        assert read_preview(path) is None
    path.write_bytes(b"half a file")
    assert read_preview(path) is None and read_preview(tmp_path / "none.npz") is None


def test_what_faces_the_light_is_brighter():
    square = np.float32([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]])
    front = lit(square, np.int32([[0, 1, 2], [0, 2, 3]]), np.ones((4, 3), np.float32))
    back = lit(square, np.int32([[0, 2, 1], [0, 3, 2]]), np.ones((4, 3), np.float32))
    assert (front[:, 0] > back[:, 0]).all() and back[:, 0] == pytest.approx(0.45) and (front[:, 3] == 1).all()


def test_a_job_says_how_far_it_is(addon):
    job = Job("a", "", {}, state="RUNNING", stage="super_resolution", step=5, steps=20, eta_s=70)
    assert progress_text(job) == "Sharpening 5/20, 1 min 10 s left"
    assert fraction(runtime.runtime(), job) == pytest.approx(0.25)
    assert state_text(runtime.runtime(), Job("a", "", {}, state="CANCELLING")) == "Stopping, keeping a checkpoint"
