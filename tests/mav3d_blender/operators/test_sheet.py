"""Four drafts of one prompt, as a person chooses among them."""

import bpy
import pytest

from mav3d_blender.controller import sheet
from mav3d_blender.controller.state import state
from mav3d_blender.controller.submit import history
from mav3d_blender.ui import panels
from tests.mav3d_blender.scenes import generate
from tests.mav3d_blender.ui.layouts import drawn


@pytest.fixture
def four(addon):
    settings = addon.mav3d
    settings.prompt, settings.quality, settings.seed = "a red ball bouncing", "HIGH", 7
    assert bpy.ops.mav3d.four_seeds() == {"FINISHED"}
    return sheet.drafts()


def test_four_seeds_are_drafted_and_none_is_placed_by_itself(addon, four):
    seeds = [job.request["seed"] for job in four]
    assert len(set(seeds)) == 4 and seeds[0] == 7 and {job.request["quality"] for job in four} == {"draft"}
    assert {job.state for job in four} == {"DONE"} and not any(job.imported for job in four)
    assert not [host for host in addon.objects if host.mav3d.prompt]
    # The sidebar's own quality stays, and is what the history has.
    assert addon.mav3d.quality == "HIGH" and [entry["quality"] for entry in history()] == ["high"]


def test_a_click_places_the_one_that_is_chosen_and_it_can_be_made_better(addon, four):
    main = drawn(panels.MAV3D_PT_main)
    choices = [(text, options.job) for name, text, options in main.buttons if name == "mav3d.choose_draft"]
    assert choices == [(str(job.request["seed"]), job.id) for job in four]
    assert bpy.ops.mav3d.choose_draft(job=four[2].id) == {"FINISHED"}
    (host,) = [each for each in addon.objects if each.mav3d.prompt]
    assert host.mav3d.seed == four[2].request["seed"]
    assert [job.imported for job in sheet.drafts()] == [False, False, True, False]
    host.location = (1, 2, 3)
    with bpy.context.temp_override(object=host):
        assert "mav3d.improve" in [name for name, *_ in drawn(panels.MAV3D_PT_result).buttons]
        assert bpy.ops.mav3d.improve() == {"FINISHED"}
    assert state().jobs()[-1].request == four[2].request | {"quality": "standard"}
    assert tuple(host.location) == (1, 2, 3) and host.mav3d.job == state().jobs()[-1].id


def test_a_closed_sheet_leaves_its_drafts_among_the_jobs(addon, four):
    assert bpy.ops.mav3d.close_sheet() == {"FINISHED"}
    assert sheet.drafts() == [] and len(state().jobs()) == 4 and not bpy.ops.mav3d.close_sheet.poll()
    assert "mav3d.choose_draft" not in [name for name, *_ in drawn(panels.MAV3D_PT_main).buttons]


def test_another_sheet_takes_the_place_of_the_first(addon, four):
    bpy.ops.mav3d.four_seeds()
    again = sheet.drafts()
    assert len(again) == 4 and {job.id for job in again}.isdisjoint(job.id for job in four)


def test_the_best_quality_is_not_bettered(addon):
    host = generate(addon, quality="DRAFT")
    host.mav3d.quality = "high"
    with bpy.context.temp_override(object=host):
        assert not bpy.ops.mav3d.improve.poll()
        assert "mav3d.improve" not in [name for name, *_ in drawn(panels.MAV3D_PT_result).buttons]
