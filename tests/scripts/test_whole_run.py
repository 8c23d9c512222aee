"""The main job, for real: a prompt in, a .blend out, judged on the .blend alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmark.assets import compare, evenness, read_mesh
from scripts.benchmark.judge import judge
from tests.root import PATIENCE, ROOT


@pytest.fixture(scope="module")
def blend(tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("run") / "ball"
    command = [sys.executable, "-m", "scripts.product", "a red ball bouncing", "--output", str(output)]
    command += ["--quality", "draft", "--seed", "1", "--no-render"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert (output / "asset" / "asset.json").is_file()
    return output / "scene.blend"


def test_a_red_ball_bounces(blend):
    verdict = judge(blend, "ball", "bouncing")
    assert verdict.matches("red", "bouncing") == {"colour": True, "shape": True, "motion": True}, verdict
    assert verdict.frames == 16


def test_one_textured_mesh_shows_what_the_field_does_from_where_no_stage_looked(blend):
    quality, picture = compare(blend.parent)
    assert len(quality) == 6 and min(quality) > 28, quality
    assert picture.shape == (3 * 128, 6 * 128, 3)
    angle, vary = evenness(*read_mesh(blend.parent)[:2])
    assert angle > 25 and vary < 0.5
