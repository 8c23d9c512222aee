import sys
from types import SimpleNamespace

import bpy
import pytest

from mav3d_blender.common.contract import vocabulary
from mav3d_blender.controller.state import state
from mav3d_blender.controller.validation import engine_problem, known_words, recipe_problem, request_problem, result_problem


def set_hello(monkeypatch, *presets) -> None:
    """Has the engine open with this about its presets."""
    monkeypatch.setattr(state(), "_session", SimpleNamespace(hello={"presets": list(presets)}, close=lambda timeout: None))


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("a red ball bouncing", ""),
        ("BOUNCING red ball!", ""),
        ("", "Type a prompt"),
        ("a corgi playing", "Unknown: corgi, playing"),
        ("red bouncing", "Name an object"),
        ("a red blue green ball", "One of the colors at a time: red, blue, green"),
        # The second color is that of the models beside, whose words are known before an engine has started.
        ("a red blue ball", ""),
        ("a brown dog running", ""),
        ("a car running", "A car can't be running"),
    ],
)
def test_a_prompt_is_judged_while_one_types(addon, prompt, problem):
    addon.mav3d.prompt = prompt
    assert request_problem(addon.mav3d) == problem


def test_an_image_shows_what_the_prompt_does_not_name(addon):
    addon.mav3d.prompt, addon.mav3d.image = "bouncing", "/ball.png"
    assert request_problem(addon.mav3d) == ""


def test_the_engines_own_words_count_once_it_has_started(addon, monkeypatch):
    addon.mav3d.prompt = "a red corgi"
    words = vocabulary.built_in_vocabulary().as_dict()
    words["objects"], words["default_colours"] = {"corgi": []}, {"corgi": "red"}
    set_hello(monkeypatch, {"name": "primitives", "ready": True, "words": words})
    assert request_problem(addon.mav3d) == "" and list(known_words(addon.mav3d)[0].objects) == ["corgi"]
    addon.mav3d.prompt = "a red ball"
    assert request_problem(addon.mav3d).startswith("Unknown: ball")


@pytest.mark.parametrize("words", [{"colours": ["red"], "objects": ["ball"], "motions": ["still"]}, 3, {"colours": {}}])
def test_an_engine_that_lists_words_in_another_way_is_no_harm(addon, monkeypatch, words):
    set_hello(monkeypatch, {"name": "primitives", "words": words})
    assert known_words(addon.mav3d) == [vocabulary.built_in_vocabulary()]


def test_a_preset_that_is_not_ready_says_why(addon, monkeypatch):
    missing = {"name": "open", "ready": False, "reason": "Fetch it."}
    set_hello(monkeypatch, missing, {"name": "paper", "ready": True}, "no preset")
    settings = addon.mav3d
    settings.prompt = "a corgi"
    problems = {"open": "Fetch it.", "paper": "", "custom": "Name the image", "primitives": "Unknown: corgi"}
    for preset, problem in problems.items():
        settings.preset = preset
        assert request_problem(settings).startswith(problem) and bool(request_problem(settings)) == bool(problem)
    assert known_words(settings)
    settings.preset = "paper"
    assert known_words(settings) == []


def test_settings_that_do_not_go_together_are_said_before_a_job_begins(addon, tmp_path):
    settings = addon.mav3d
    settings.prompt, settings.preset, settings.image_adapter = "a corgi", "open", str(tmp_path)
    assert "there is none: give an image" in request_problem(settings)
    settings.image = str(tmp_path / "ball.png")
    assert request_problem(settings) == ""


def test_an_engine_needs_a_python_that_exists(preferences, tmp_path):
    assert engine_problem() == ""
    preferences.engine_python = str(tmp_path / "python")
    assert "There is no Python at" in engine_problem()
    preferences.engine_python = ""
    assert "not set up yet" in engine_problem()
    preferences.engine_python = sys.executable


def test_only_objects_with_a_prompt_are_results(addon):
    assert result_problem(bpy.context)
    host = bpy.data.objects.new("Host", None)
    with bpy.context.temp_override(object=host):
        assert result_problem(bpy.context)
        host.mav3d.prompt = "a ball"
        assert result_problem(bpy.context) == ""


def test_a_tracked_object_has_no_prompt_to_make_it_again_from(addon):
    host = bpy.data.objects.new("tracked", None)
    addon.collection.objects.link(host)
    host.mav3d.prompt, host.mav3d.preset = "walk", "track"
    with bpy.context.temp_override(object=host):
        assert recipe_problem(bpy.context).startswith("This object came of mesh files, not of a prompt")
        host.mav3d.preset = "primitives"
        assert recipe_problem(bpy.context) == ""
    assert recipe_problem(bpy.context) == "Select an object that MAV3D made"


def test_words_of_the_preset_beside_the_chosen_one_count_where_there_is_no_picture(addon, monkeypatch):
    more = vocabulary.built_in_vocabulary().as_dict()
    more["objects"], more["default_colours"] = {"corgi": []}, {"corgi": "red"}
    own = {"name": "primitives", "words": vocabulary.built_in_vocabulary().as_dict(), "beside": "creatures"}
    set_hello(monkeypatch, own, {"name": "creatures", "words": more})
    settings = addon.mav3d
    for text in ("a corgi bouncing", "a red ball bouncing"):
        settings.prompt = text
        assert request_problem(settings) == ""
    settings.prompt, settings.image = "a corgi bouncing", "/tmp/corgi.png"
    assert request_problem(settings).startswith("Unknown: corgi")
