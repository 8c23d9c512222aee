import pytest

from engine.errors import EngineError
from engine.request import Request


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
    ],
)
def test_bad_values_are_refused_in_words(values, said):
    with pytest.raises(EngineError, match=said):
        Request.checked({"prompt": "a ball", **values})


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
