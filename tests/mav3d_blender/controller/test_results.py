import bpy
import pytest

from mav3d_blender.controller import results
from mav3d_blender.controller.results import place_asset
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


def test_a_result_waits_for_object_mode(addon):
    addon.mav3d.prompt, addon.mav3d.quality = "a red ball", "DRAFT"
    bpy.ops.mav3d.generate()
    host, current = bpy.context.view_layer.objects.active, state()
    job = current.jobs()[-1]
    bpy.ops.object.mode_set(mode="EDIT")
    current.results.read(job)
    current.results._reading[job.id].wait()
    assert current.results.place_ready(current.session) is None and current.results.is_reading(job.id)
    bpy.ops.object.mode_set(mode="OBJECT")
    placed = current.results.place_ready(current.session)
    assert (placed.job_id, placed.problem) == (job.id, "") and bpy.context.view_layer.objects.active != host


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


@pytest.mark.parametrize(("start", "first"), [(1, 0), (11, 10)])
def test_numbered_frames_count_from_the_start_frame(addon, tmp_path, start, first):
    asset = read_asset(write_fixed_asset(tmp_path / "asset", frame_numbers=list(range(0, 36, 3))))
    imported = place_asset(addon, asset, {"start_frame": start, "repeat": "HOLD", "rate": "EVERY"})
    assert (imported.first_frame, imported.last_frame) == (first, first + 33)
