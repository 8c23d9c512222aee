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


@pytest.mark.parametrize(("prompt", "said"), [("a corgi", "Unknown: corgi"), ("", "Type a prompt")])
def test_a_prompt_that_the_models_do_not_know_is_one_sentence(addon, prompt, said):
    addon.mav3d.prompt = prompt
    assert not bpy.ops.mav3d.estimate.poll()
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.mav3d.generate()
    assert state().jobs() == []


def test_it_is_grey_without_an_engine(addon, preferences, tmp_path):
    addon.mav3d.prompt = "a cube"
    assert bpy.ops.mav3d.generate.poll() and bpy.ops.mav3d.estimate.poll()
    preferences.engine_python = str(tmp_path / "none")
    assert not bpy.ops.mav3d.generate.poll() and not bpy.ops.mav3d.estimate.poll()


def test_a_script_says_what_it_wants_and_finds_the_object_by_its_name(addon):
    addon.mav3d.prompt, addon.mav3d.quality, addon.mav3d.seed = "a cube", "HIGH", 5
    done = bpy.ops.mav3d.generate(prompt="a green duck jumping", quality="DRAFT", seed=3, frames=6)
    host = addon.objects[addon.mav3d.result]
    assert done == {"FINISHED"} and host.mav3d.prompt == "a green duck jumping"
    assert json.loads(host.mav3d.request) == {
        "prompt": "a green duck jumping", "preset": "primitives", "quality": "draft", "seed": 3, "topology": "auto",
        "frames": 6, "fps": 12,
    }  # fmt: skip
    # What is left out is as in the sidebar, which shows what was asked for.
    assert bpy.ops.mav3d.generate(seed=4) == {"FINISHED"}
    assert addon.objects[addon.mav3d.result] != host and addon.mav3d.prompt == "a green duck jumping"
    with pytest.raises(RuntimeError, match="Unknown: corgi"):
        bpy.ops.mav3d.generate(prompt="a corgi")
    with pytest.raises(TypeError, match="BEST"):
        bpy.ops.mav3d.generate(quality="BEST")


def test_an_estimate_is_in_the_panel(addon):
    addon.mav3d.prompt = "a red ball"
    assert bpy.ops.mav3d.estimate() == {"FINISHED"}
    assert state().notices.estimate == "About 1 min 40 s and 900 MB of memory"


def test_a_script_that_names_models_that_are_none_is_told_and_changes_nothing(addon):
    addon.mav3d.prompt = "a cube"
    with pytest.raises(RuntimeError, match="no models called nobody: choose primitives or"):
        bpy.ops.mav3d.generate(prompt="a green duck jumping", preset="nobody")
    assert addon.mav3d.prompt == "a cube" and state().jobs() == []
