import pytest

from engine.contract.errors import EngineError, PromptError, RequestError
from engine.contract.request import Request


def test_a_request_is_its_values():
    request = Request.checked({"prompt": " a red  ball", "seed": 3})
    assert request.prompt == "a red ball" and request.quality == "standard"
    assert Request.checked(request.as_dict()) == request


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quality": "ultra"}, "draft or standard"),
        ({"mode": "5d"}, "4d or 3d or video"),
        ({"without": ["colour"]}, "no part of the method 'colour'"),
        ({"backbone": "grid"}, "hexplane or mlp"),
        ({"preset": "dall-e"}, "primitives"),
        ({"seed": -1}, "whole number from 0"),
        ({"seed": 1.5}, "whole number"),
        ({"frames": 0}, "from 1 to 250"),
        ({"fps": True}, "whole number"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"prompt": ""}, "empty"),
        ({"mode": "3d", "dynamic_steps": 5}, "no dynamic stage"),
        ({"memory": "much"}, "auto or low"),
        ({"image_model": "a/b"}, "custom"),
        ({"preset": "custom", "image_model": "a/b", "video_model": "c/d"}, "upscale_model"),
        ({"preset": "open", "image_model": 3}, "a folder or a hub id"),
        ({"preset": "open", "video_guidance_scale": "high"}, "number from 0"),
        ({"preset": "open", "negative_prompt": "x" * 401}, "400 characters"),
        ({"image_adapter": "/no/such/folder"}, "folder of an IP-Adapter"),
    ],
)
def test_bad_values_are_refused_in_words(values, said):
    with pytest.raises(EngineError, match=said):
        Request.checked({"prompt": "a ball", **values})


def test_a_picture_stands_for_what_the_prompt_does_not_say():
    request = Request.checked({"prompt": "bouncing", "image": "photo.png"})
    assert request.as_dict()["image"] == "photo.png" and "image_sha256" not in request.as_dict()
    # Nobody has looked yet.
    assert request.canonical_prompt().endswith(" bouncing")
    assert request.canonical_prompt(("white", "duck")) == "white duck bouncing"
    kept = request.as_dict() | {"image": "reference.png", "image_sha256": "0" * 64}
    assert Request.checked(kept).as_dict() == kept
    for values in ({"image": ""}, {"image": 3}, {"image": "a\0b"}, {"image": "photo.png", "image_sha256": "0" * 64}):
        with pytest.raises(RequestError, match="image"):
            Request.checked({"prompt": "bouncing"} | values)
    with pytest.raises(PromptError, match="names no object"):
        Request.checked({"prompt": "bouncing"}).canonical_prompt()


def test_steps_can_be_set_for_each_stage():
    quality = Request.checked({"prompt": "a ball", "dynamic_steps": 3}).resolved_quality()
    assert quality.dynamic.steps == 3 and quality.static.steps > 3


def test_settings_at_their_defaults_are_not_in_the_job_so_that_older_jobs_go_on():
    assert not {"mode", "without", "backbone"} & Request.checked({"prompt": "a ball"}).as_dict().keys()
    values = {"prompt": "a ball", "mode": "video", "without": ["static"], "backbone": "mlp"}
    request = Request.checked(values)
    assert request.as_dict().items() >= values.items() and Request.checked(request.as_dict()) == request


def test_a_still_object_has_one_frame_and_no_motion():
    request = Request.checked({"prompt": "a red ball bouncing", "mode": "3d", "frames": 16})
    assert request.frames == 1 and request.canonical_prompt() == "red ball still"
    quality = request.resolved_quality()
    assert quality.dynamic.steps == 0 and quality.field.times == 1


def test_models_are_named_in_place_of_the_presets_own():
    request = Request.checked({"prompt": "a corgi", "preset": "open", "image_model": "a/b", "video_guidance_scale": 30})
    models = request.models()
    assert models.image == "a/b" and models.video.startswith("Wan-AI/")
    quality = request.resolved_quality()
    assert quality.dynamic.distillation.guidance_scale == quality.super_resolution.video_distillation.guidance_scale == 30
    assert quality.static.distillation.guidance_scale == quality.super_resolution.distillation.guidance_scale is None
    assert Request.checked(request.as_dict()) == request


def test_public_models_have_qualities_of_their_own_and_take_any_text():
    request = Request.checked({"prompt": "a corgi playing with a ball", "preset": "open"})
    assert request.resolved_quality().static.steps == 3000 and request.canonical_prompt() == "a corgi playing with a ball"
    assert Request.checked({"prompt": "a red ball"}).resolved_quality().static.steps == 150


def test_only_the_roles_that_have_steps_need_a_model():
    values = {"prompt": "a corgi", "preset": "custom", "image_model": "a/b", "super_resolution_steps": 0}
    assert Request.checked(values | {"mode": "3d"}).models().image == "a/b"
    assert Request.checked(values | {"dynamic_steps": 0}).models().video == ""
