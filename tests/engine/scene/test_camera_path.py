import json
import math

import pytest

from engine.contract.errors import RenderError
from engine.scene.camera_path import Pose, camera_path, checked, read_path


def test_a_turntable_goes_round_once_and_through_the_clip():
    path = camera_path("turntable", Pose(0.2), 4, (0.0, 1.0))
    assert [pose.azimuth for pose in path] == pytest.approx([0.2 + math.pi / 2 * i for i in range(4)])
    assert [pose.time for pose in path] == pytest.approx([0.125, 0.375, 0.625, 0.875])


def test_a_still_camera_may_look_at_one_moment():
    path = camera_path("still", Pose(0.2, 0.1, 2.0, 0.7), 3, (0.4, 0.4))
    assert path == [Pose(0.2, 0.1, 2.0, 0.7, 0.4)] * 3


def test_a_path_is_read_in_degrees(tmp_path):
    file = tmp_path / "path.json"
    file.write_text(json.dumps([{"azimuth": 90, "fov": 45, "time": 1}, {}]))
    path = read_path(file)
    assert path[0].azimuth == pytest.approx(math.pi / 2) and path[0].fov == pytest.approx(math.pi / 4)
    assert path[0].time == 1 and path[1] == Pose()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON from line 1 on"),
        ("[" * 100_000, "is no JSON: give a JSON list of poses"),
        ("[]", "list of 1 to"),
        ('{"azimuth": 1}', "list of 1 to"),
        ('[{"azimut": 1}]', "Pose 1"),
        ('[{}, {"time": "noon"}]', "Pose 2 .*time has to be a number"),
        ('[{"time": 1.5}]', "time is 1.5, but has to be from 0 to 1"),
        ('[{"elevation": 95}]', "elevation is 95, but has to be from -90 to 90 degrees"),
        ('[{"azimuth": NaN}]', "azimuth is nan"),
    ],
)
def test_a_bad_path_is_one_sentence(tmp_path, content, said):
    file = tmp_path / "path.json"
    file.write_text(content)
    with pytest.raises(RenderError, match=said):
        read_path(file)


def test_a_camera_needs_a_field_of_view():
    with pytest.raises(RenderError, match="The camera: fov"):
        checked(Pose(fov=0.0), "The camera")
