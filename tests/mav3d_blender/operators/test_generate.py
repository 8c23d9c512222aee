import json

import bpy
import pytest

from mav3d_blender.controller.state import state
from tests.mav3d_blender.scenes import generate


def test_generate_blocks_until_the_object_is_there_with_its_recipe(addon):
    addon.cursor.location = (1, 2, 3)
    host = generate(addon)
    assert host.mav3d.prompt and host.mav3d.job and tuple(host.location) == (1, 2, 3)
    assert json.loads(host.mav3d.request)["seed"] == 7
    assert [each for each in addon.objects if each.mav3d.prompt] == [host]
    (job,) = state().jobs()
    assert job.state == "DONE" and job.imported


def test_a_random_seed_is_drawn_and_shown(addon):
    host = generate(addon, random_seed=True, seed=0)
    assert addon.mav3d.seed != 0 and json.loads(host.mav3d.request)["seed"] == addon.mav3d.seed


def test_settings_come_back_from_the_history(addon):
    generate(addon, frames=9, repeat="PING_PONG")
    addon.mav3d.prompt, addon.mav3d.frames, addon.mav3d.repeat = "a cube", 16, "HOLD"
    assert bpy.ops.mav3d.use_settings(entry=0) == {"FINISHED"}
    assert (addon.mav3d.prompt, addon.mav3d.frames, addon.mav3d.repeat) == ("a red ball bouncing", 9, "PING_PONG")
    assert addon.mav3d.quality == "DRAFT"
    with pytest.raises(RuntimeError, match="no longer in the list"):
        bpy.ops.mav3d.use_settings(entry=1)


@pytest.mark.parametrize(
    ("prompt", "python", "possible"),
    [("a corgi", True, False), ("", True, False), ("a cube", False, False), ("a cube", True, True)],
)
def test_generate_is_grey_where_it_can_do_nothing(addon, preferences, tmp_path, prompt, python, possible):
    addon.mav3d.prompt = prompt
    if not python:
        preferences.engine_python = str(tmp_path / "none")
    assert bpy.ops.mav3d.generate.poll() is possible and bpy.ops.mav3d.estimate.poll() is possible


def test_an_estimate_is_in_the_panel(addon):
    addon.mav3d.prompt = "a red ball"
    assert bpy.ops.mav3d.estimate() == {"FINISHED"}
    assert state().notices.estimate == "About 1 min 40 s and 900 MB of memory"
