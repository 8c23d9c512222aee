import argparse

import pytest

from engine.cli.request_options import add_common_options, add_request_options, request_values
from engine.contract.request import CHANGEABLE, SETTINGS


def parse(*arguments: str, **options) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("prompt", nargs="?")
    add_request_options(parser, **options)
    return parser.parse_args(arguments)


def test_only_what_was_given_is_a_value():
    assert request_values(parse()) == {}
    given = parse("a ball", "--seed", "4", "--image-guidance-scale", "1.5", "--without", "static", "--without", "trajectory")
    assert request_values(given) == {
        "prompt": "a ball", "seed": 4, "image_guidance_scale": 1.5, "without": ["static", "trajectory"],
    }  # fmt: skip


def test_a_flag_is_given_by_its_name_or_its_opposite():
    assert request_values(parse("--keep-going")) == {"keep_going": True}
    assert request_values(parse("--no-keep-going", names=CHANGEABLE, changes=True)) == {"keep_going": False}


def test_zero_and_empty_text_are_values():
    assert request_values(parse("--seed", "0", "--negative-prompt", "")) == {"seed": 0, "negative_prompt": ""}


def test_every_setting_that_a_user_gives_is_an_option():
    parsed = vars(parse())
    assert set(parsed) - {"prompt"} == {name for name, setting in SETTINGS.items() if setting.kind != "internal"}


def test_only_some_settings_change_a_job_that_has_begun(capsys):
    assert request_values(parse("--fps", "24", names=CHANGEABLE, changes=True)) == {"fps": 24}
    with pytest.raises(SystemExit):
        parse("--seed", "4", names=CHANGEABLE, changes=True)
    assert "--seed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--seed", "four"], ["--frames", "1.5"], ["--image-guidance-scale", "much"]])
def test_what_is_no_number_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        parse(*arguments)
    assert "invalid" in capsys.readouterr().err


def test_the_device_is_asked_of_commands_with_tensors_alone():
    for device in (True, False):
        parser = argparse.ArgumentParser()
        add_common_options(parser, device)
        parsed = parser.parse_args(["--json"])
        assert parsed.json and getattr(parsed, "device", None) == ("cpu" if device else None)
