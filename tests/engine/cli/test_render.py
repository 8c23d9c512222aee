"""`engine render` as a user meets it, in its own process."""

import json

import pytest

from tests.engine.cli.launching import launch


def test_a_scene_is_rendered_from_any_camera(finished, tiny_models, tmp_path):
    output, _ = finished
    poses = [{"azimuth": 90, "elevation": 20, "time": 0.1}, {"azimuth": 180, "distance": 4, "fov": 30, "time": 0.9}]
    (tmp_path / "path.json").write_text(json.dumps(poses))
    small = ["--size", "16", "--samples", "16"]
    pictures, path = tmp_path / "pictures", tmp_path / "path.json"
    done = launch(tiny_models, "render", str(output), "--output", str(pictures), "--cameras", str(path), *small)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in pictures.iterdir()) == ["0001.png", "0002.png"]
    done = launch(tiny_models, "render", str(output), "--output", str(tmp_path / "turn.mp4"), "--frames", "3", *small)
    assert done.returncode == 0 and (tmp_path / "turn.mp4").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--path", "spiral"], "turntable"),
        (["--elevation", "100"], "from -90 to 90 degrees"),
        (["--start", "2"], "from 0 to 1"),
        (["--size", "0"], "whole number from 1"),
        (["--cameras", "nowhere.json"], "can't be read"),
    ],
)
def test_a_camera_that_can_not_be_is_one_sentence(tiny_models, tmp_path, arguments, said):
    done = launch(tiny_models, "render", str(tmp_path), "--output", str(tmp_path / "x.mp4"), *arguments)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "x.mp4").exists()
