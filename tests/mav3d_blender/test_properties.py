import bpy
import pytest

from mav3d_blender.controller import state as runtime
from mav3d_blender.ui import panels as panel
from mav3d_blender.ui import properties


@pytest.fixture
def settings():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    properties.register()
    yield bpy.context.scene.mav3d
    properties.unregister()


def test_what_is_left_to_the_engine_is_left_out(settings):
    settings.prompt, settings.seed = " a red  ball ", 3
    assert settings.request() == {
        "prompt": "a red ball", "preset": "primitives", "quality": "standard", "seed": 3, "topology": "auto", "frames": 16,
        "fps": 12,
    }  # fmt: skip


def test_public_models_are_named_and_asked_as_one_likes(settings, tmp_path):
    settings.prompt, settings.preset, settings.memory = "a corgi", "custom", "LOW"
    settings.image_model, settings.video_model, settings.upscale_model = "a/b", str(tmp_path), "c/d"
    settings.negative_prompt, settings.video_guidance_scale = "blurred", 30
    request = settings.request()
    wanted = {"image_model": "a/b", "video_model": str(tmp_path), "upscale_model": "c/d", "negative_prompt": "blurred"}
    assert request.items() >= (wanted | {"video_guidance_scale": 30, "memory": "low"}).items()
    settings.preset = "primitives"
    assert not wanted.keys() & settings.request().keys(), "the built-in models are what they are"


def test_a_picture_goes_by_its_whole_path(settings, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.mav3d
    settings.image = "//ball.png"
    assert settings.request()["image"] == str(tmp_path / "ball.png")


def test_settings_that_were_asked_for_come_back_and_others_go(settings):
    settings.preset, settings.image_model, settings.static_steps, settings.image = "open", "a/b", 5, "/x.png"
    before = settings.request()
    settings.take({"prompt": "a ball", "preset": "primitives", "memory": "low", "quality": "draft"})
    assert (settings.image_model, settings.static_steps, settings.image, settings.memory) == ("", 0, "", "LOW")
    settings.take(before)
    assert settings.request() == before


def test_a_preset_that_is_not_ready_says_why(settings, monkeypatch):
    class Started:
        hello = {"presets": [{"name": "open", "ready": False, "reason": "Fetch it."}, {"name": "paper", "ready": True}]}

    now = runtime.runtime()
    monkeypatch.setattr(now, "session", Started())
    settings.prompt = "a corgi"
    for preset, said in (("open", "Fetch it."), ("paper", ""), ("custom", "Name the image"), ("primitives", "Unknown: corgi")):
        settings.preset = preset
        assert panel.complaint(settings).startswith(said) and bool(panel.complaint(settings)) == bool(said)
    settings.prompt, settings.image = "bouncing", "/ball.png"
    assert panel.complaint(settings) == "", "the picture shows what the prompt does not name"
