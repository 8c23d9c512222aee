import pytest

from engine.contract.errors import EngineError, RequestError
from engine.contract.request import SETTINGS, Request, help_text
from engine.models.presets import PRESETS


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
        ({"fps": True}, "number from 1 to 120"),
        ({"fps": 0.5}, "number from 1 to 120"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"prompt": ""}, "empty"),
        ({"mode": "3d", "dynamic_steps": 5}, "no dynamic stage"),
        ({"memory": "much"}, "auto or low"),
        ({"preset": "open", "image_model": 3}, "a folder or a hub id"),
        ({"preset": "open", "video_guidance_scale": "high"}, "number from 0"),
        ({"preset": "open", "negative_prompt": "x" * 401}, "400 characters"),
        ({"image_adapter": "/no/such/folder"}, "folder of an IP-Adapter"),
    ],
)
def test_bad_values_are_refused_in_words(values, said):
    with pytest.raises(EngineError, match=said):
        Request.checked({"prompt": "a ball", **values})


@pytest.mark.parametrize(
    "values", [{"image": ""}, {"image": 3}, {"image": "a\0b"}, {"image": "photo.png", "image_sha256": "0" * 64}]
)
def test_an_image_is_a_path_and_its_sum_is_the_jobs_own(values):
    with pytest.raises(RequestError, match="image"):
        Request.checked({"prompt": "bouncing"} | values)


@pytest.mark.parametrize("values", [{"prompt": 3}, {"quality": 3}, {"mode": ["4d"]}, {"without": "static"}, {"without": [3]}])
def test_a_value_of_another_type_is_refused_in_words(values):
    with pytest.raises(RequestError, match="but has to be"):
        Request.checked({"prompt": "a ball"} | values)


def test_settings_at_their_defaults_are_not_in_the_job_so_that_older_jobs_go_on():
    assert (
        not {"mode", "without", "backbone", "memory", "negative_prompt"}
        & Request.checked({"prompt": "a ball"}).as_dict().keys()
    )
    values = {"prompt": "a ball", "mode": "video", "without": ["static"], "backbone": "mlp"}
    request = Request.checked(values)
    assert request.as_dict().items() >= values.items() and Request.checked(request.as_dict()) == request


def test_a_flag_is_true_or_false_and_left_out_where_it_is_not_set():
    assert "keep_going" not in Request.checked({"prompt": "a ball", "keep_going": False}).as_dict()
    assert Request.checked({"prompt": "a ball", "keep_going": True}).as_dict()["keep_going"] is True
    for value in (1, "yes"):
        with pytest.raises(RequestError, match="give true or false"):
            Request.checked({"prompt": "a ball", "keep_going": value})


def test_rates_need_not_be_whole_and_whole_ones_are_written_one_way():
    assert Request.checked({"prompt": "a ball", "fps": 23.976}).as_dict()["fps"] == 23.976
    whole = Request.checked({"prompt": "a ball", "fps": 24.0}).as_dict()["fps"]
    assert whole == 24 and isinstance(whole, int)


def test_every_setting_that_a_user_gives_says_what_it_is():
    for name, setting in SETTINGS.items():
        assert setting.kind == "internal" or help_text(name) and "{" not in help_text(name), name


def test_the_presets_are_those_of_the_models():
    assert SETTINGS["preset"].choices == tuple(PRESETS)
