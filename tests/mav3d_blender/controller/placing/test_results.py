import bpy
import pytest

from mav3d_blender.controller.placing import attention, results
from mav3d_blender.controller.placing.results import place_asset, whole_spacing
from mav3d_blender.controller.state import state
from mav3d_blender.timeline.asset_folder.asset import read_asset
from tests.mav3d_blender.timeline.assets import write_fixed_asset


def test_a_result_that_cannot_be_placed_is_reported_and_ends_nothing(addon, monkeypatch):
    def broken(*arguments):
        raise ValueError("models is no dictionary")

    monkeypatch.setattr(results, "place_asset", broken)
    addon.mav3d.prompt, addon.mav3d.quality = "a red ball", "DRAFT"
    with pytest.raises(RuntimeError, match="could not be placed"):
        bpy.ops.mav3d.generate()
    assert state().jobs()[-1].state == "DONE" and not state().results.pending


@pytest.fixture
def arrived(addon):
    """The state, and a job whose result was placed once and is read again."""
    addon.mav3d.prompt, addon.mav3d.quality = "a red ball", "DRAFT"
    bpy.ops.mav3d.generate()
    job = state().jobs()[-1]

    def arrive() -> str:
        state().results.read(job)
        state().results._reading[job.id].wait()
        return job.id

    return arrive


@pytest.mark.parametrize("mode", ["EDIT", "SCULPT", "WEIGHT_PAINT"])
def test_a_result_waits_for_object_mode(addon, arrived, mode):
    host, current = bpy.context.view_layer.objects.active, state()
    bpy.ops.object.mode_set(mode=mode)
    # An object in a mode need not be the active one.
    bpy.context.view_layer.objects.active = None
    job_id = arrived()
    assert current.results.place_ready(current.session) is None
    assert current.results.wait_reason(job_id) == current.results.waits == attention.MODE
    bpy.context.view_layer.objects.active = host
    bpy.ops.object.mode_set(mode="OBJECT")
    placed = current.results.place_ready(current.session)
    assert (placed.job_id, placed.problem) == (job_id, "") and not current.results.waits


class SCREENCAST_OT_keys(bpy.types.Operator):
    """A tool of another add-on's, which runs for as long as Blender does"""

    bl_idname, bl_label = "screencast.keys", "Screencast Keys"


@pytest.fixture
def screencast():
    bpy.utils.register_class(SCREENCAST_OT_keys)
    yield SCREENCAST_OT_keys.__name__
    bpy.utils.unregister_class(SCREENCAST_OT_keys)


def test_a_result_waits_for_renders_and_tools_but_not_for_tools_that_always_run(addon, arrived, screencast, monkeypatch):
    current, renders = state(), []
    # Blender's own and this add-on's are waited for whenever they began.
    tools = {screencast, "TRANSFORM_OT_translate", "MAV3D_OT_capture_to_one_mesh"}
    monkeypatch.setattr(attention, "running_tools", lambda: frozenset(tools))
    monkeypatch.setattr(attention, "scene_is_read", lambda: bool(renders))
    job_id = arrived()
    current.results.ask(job_id)
    tools.remove("MAV3D_OT_capture_to_one_mesh")
    assert current.results.place_ready(current.session) is None
    assert current.results.wait_reason(job_id) == attention.TOOL and current.results.wait_reason("another") == ""
    tools.remove("TRANSFORM_OT_translate")
    renders.append("a render")
    assert current.results.place_ready(current.session) is None and current.results.waits == attention.RENDERING
    renders.clear()
    assert current.results.place_ready(current.session).problem == ""


@pytest.mark.parametrize("busy", [False, True])
def test_a_result_is_selected_only_where_nobody_has_gone_on_to_something_else(addon, arrived, busy):
    other = bpy.data.objects.new("Other", None)
    addon.collection.objects.link(other)
    state().results.ask(arrived())
    if busy:
        bpy.context.view_layer.update()
        other.select_set(True)
        bpy.context.view_layer.objects.active = other
    assert state().results.place_ready(state().session).problem == ""
    assert (bpy.context.view_layer.objects.active == other) is busy and other.select_get() is busy


def test_a_result_that_nobody_asked_for_here_is_not_selected(addon, arrived):
    before = bpy.context.view_layer.objects.active
    job_id = arrived()
    assert state().results.place_ready(state().session).job_id == job_id
    assert bpy.context.view_layer.objects.active == before


@pytest.mark.parametrize(
    ("rate", "last_key", "fps", "last_frame"), [("EVERY", 14, 24, 250), ("KEEP", 18, 24, 250), ("SCENE", 14, 12, 13)]
)
def test_the_clip_meets_the_scenes_rate_as_asked_for(addon, tmp_path, rate, last_key, fps, last_frame):
    addon.render.fps, addon.frame_end = 24, 250
    asset = read_asset(write_fixed_asset(tmp_path / "asset") or tmp_path / "asset")
    target = {"start_frame": 10, "repeat": "HOLD", "rate": rate, "location": (0, 0, 2)}
    imported = place_asset(addon, asset, target)
    count = asset.frames
    spacing = 24 / asset.fps if rate == "KEEP" else 1
    assert imported.first_frame == 10 and imported.last_frame == 10 + spacing * (count - 1)
    assert addon.render.fps == (asset.fps if rate == "SCENE" else 24)
    assert addon.frame_end == (10 + count - 1 if rate == "SCENE" else 250) and imported.object.location.z == 2


@pytest.mark.parametrize(
    ("fps", "base", "clip", "spacing"), [(24, 1.0, 12, 2), (24, 1.001, 12, 2), (30, 1.0, 12, 2.5), (25, 1.0, 24, 25 / 24)]
)
def test_keys_are_on_whole_frames_where_the_rates_allow_it(addon, fps, base, clip, spacing):
    addon.render.fps, addon.render.fps_base = fps, base
    assert whole_spacing(addon, clip) == pytest.approx(spacing, rel=1e-6)


def test_what_came_of_objects_or_files_keeps_its_place_and_size(addon, tmp_path):
    write_fixed_asset(tmp_path / "asset", preset="track")
    target = {"size": 0.25, "origin": "CENTER", "beside": True, "location": (0, 0, 2)}
    host = place_asset(addon, read_asset(tmp_path / "asset"), target).object
    assert tuple(host.location) == (0, 0, 2) and max(host.dimensions) == pytest.approx(2)


def test_results_stand_side_by_side(addon, tmp_path):
    write_fixed_asset(tmp_path / "asset")
    target, asset = {"size": 0.5, "beside": True}, read_asset(tmp_path / "asset")
    first, second = (place_asset(addon, asset, target).object for _ in range(2))
    assert tuple(first.location) == (0, 0, 0) and second.location.x > 0.5 and tuple(second.location)[1:] == (0, 0)


@pytest.mark.parametrize(("start", "first"), [(1, 0), (11, 10)])
def test_numbered_frames_count_from_the_start_frame(addon, tmp_path, start, first):
    asset = read_asset(write_fixed_asset(tmp_path / "asset", frame_numbers=list(range(0, 36, 3))))
    imported = place_asset(addon, asset, {"start_frame": start, "repeat": "HOLD", "rate": "EVERY"})
    assert (imported.first_frame, imported.last_frame) == (first, first + 33)
