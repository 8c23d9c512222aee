import bpy
import pytest

from mav3d_blender.common.contract import request as contract
from mav3d_blender.controller.request import apply_request, model_sources, placement_of, preset_roles, request_of
from mav3d_blender.ui import properties


@pytest.fixture
def settings():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    properties.register()
    yield bpy.context.scene.mav3d
    properties.unregister()


def test_what_is_left_to_the_engine_is_left_out(settings):
    settings.prompt, settings.seed = " a red  ball ", 3
    assert request_of(settings) == {
        "prompt": "a red ball", "preset": "primitives", "quality": "standard", "seed": 3, "topology": "auto", "frames": 16,
        "fps": 12,
    }  # fmt: skip
    assert contract.Request.checked(request_of(settings)) == contract.Request("a red ball", seed=3)


def test_public_models_are_named_and_asked_as_one_likes(settings, tmp_path):
    settings.prompt, settings.preset, settings.memory, settings.topology = "a corgi", "custom", "LOW", "PER_FRAME"
    settings.image_model, settings.video_model, settings.upscale_model = "a/b", str(tmp_path), "c/d"
    settings.negative_prompt, settings.video_guidance_scale = "blurred", 30
    request = request_of(settings)
    wanted = {"image_model": "a/b", "video_model": str(tmp_path), "upscale_model": "c/d", "negative_prompt": "blurred"}
    assert request.items() >= (wanted | {"video_guidance_scale": 30, "memory": "low", "topology": "per-frame"}).items()
    settings.preset = "primitives"
    assert not wanted.keys() & request_of(settings).keys(), "the built-in models take none of these"


def test_an_image_goes_by_its_whole_path(settings, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.mav3d
    settings.image = "//ball.png"
    assert request_of(settings)["image"] == str(tmp_path / "ball.png")


def test_earlier_settings_come_back_and_others_go(settings):
    settings.preset, settings.image_model, settings.static_steps, settings.image = "open", "a/b", 5, "/x.png"
    settings.frames, settings.start_frame = 9, 40
    before = request_of(settings) | placement_of(settings)
    values = {"prompt": "a ball", "preset": "primitives", "memory": "low", "quality": "draft", "seed": "many", "newer": 1}
    apply_request(settings, values)
    assert (settings.image_model, settings.static_steps, settings.image, settings.memory) == ("", 0, "", "LOW")
    assert (settings.frames, settings.seed, settings.start_frame) == (9, 0, 40), "what is not said or no value is left alone"
    settings.start_frame = 1
    apply_request(settings, before)
    assert request_of(settings) | placement_of(settings) == before


def test_models_that_are_named_replace_the_presets_own(settings):
    settings.video_model = " a/b "
    assert model_sources(settings) == {"video": "a/b"} and preset_roles(settings) == ("image", "upscale")
