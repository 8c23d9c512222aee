import json
from dataclasses import replace

import pytest

from engine.contract.errors import DamagedError
from engine.reference.camera import LENGTH, ReferenceCamera
from engine.reference.image import FILL

CAMERA = ReferenceCamera(0.5, 0.25, 1.75, -0.125, 0.0625, "red", "duck", 0.75)


def test_a_camera_comes_back_from_its_file(tmp_path):
    CAMERA.save(tmp_path / "reference.json")
    assert ReferenceCamera.load(tmp_path / "reference.json") == CAMERA


def test_a_camera_that_nobody_estimated_sees_an_object_of_its_usual_length():
    assert ReferenceCamera().width * FILL == pytest.approx(LENGTH)


def test_files_name_the_object_as_they_always_did(tmp_path):
    CAMERA.save(tmp_path / "reference.json")
    values = json.loads((tmp_path / "reference.json").read_text())
    assert values["shape"] == "duck" and "name" not in values


@pytest.mark.parametrize(
    "changes", [{"width": 0.0}, {"width": -1.0}, {"azimuth": float("nan")}, {"up": float("inf")}, {"elevation": "0"}]
)
def test_numbers_that_can_not_be_are_refused(tmp_path, changes):
    replace(CAMERA, **changes).save(tmp_path / "reference.json")
    with pytest.raises(DamagedError, match="is damaged .*: begin the job anew"):
        ReferenceCamera.load(tmp_path / "reference.json")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"azimuth": 0.5, "lens": 35}'])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    (tmp_path / "reference.json").write_text(content)
    with pytest.raises(DamagedError, match="reference.json is damaged"):
        ReferenceCamera.load(tmp_path / "reference.json")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(DamagedError, match="is damaged"):
        ReferenceCamera.load(tmp_path / "reference.json")
