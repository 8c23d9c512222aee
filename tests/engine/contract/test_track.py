"""Requests for one mesh of a sequence, from plain values."""

from pathlib import Path

import pytest

from engine.contract.errors import RequestError
from engine.contract.track import TrackRequest, frame_name

WHOLE = {"meshes": ["/a/f_1.obj"], "output": "/b"}


def test_plain_values_become_a_request():
    request = TrackRequest.checked(WHOLE | {"fps": 23.976, "rig": True, "bones": None, "name": "a fish"})
    assert request == TrackRequest([Path("/a/f_1.obj")], Path("/b"), fps=23.976, rig=True, name="a fish")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"meshes": []}, "a list of paths"),
        ({"meshes": "f.obj"}, "a list of paths"),
        ({"meshes": ["a\0b"]}, "a list of paths"),
        ({"output": None}, "a list of paths"),
        ({"fps": 0.5}, "fps is 0.5: give a number from 1 to 120"),
        ({"bones": 0}, "from 1 to 256"),
        ({"reference": 1.5}, "reference is 1.5"),
        ({"gaps": "leap"}, "choose interpolate or hold or close"),
        ({"empty_frames": 3}, "has to be text"),
        ({"animation": 3}, "animation has to be a text"),
        ({"name": "x" * 300}, "of 200 characters or fewer"),
        ({"rig": "yes"}, "give true or false"),
        ({"colour": "red"}, "There is no setting 'colour'"),
    ],
)
def test_what_can_t_be_is_one_sentence(changes, said):
    with pytest.raises(RequestError, match=said) as caught:
        TrackRequest.checked(WHOLE | changes)
    assert "\n" not in str(caught.value)


def test_frames_are_named_by_their_numbers():
    assert [frame_name(number) for number in (-12, 0, 7, 12345)] == [
        "frame_-0012.npz", "frame_0000.npz", "frame_0007.npz", "frame_12345.npz",
    ]  # fmt: skip
