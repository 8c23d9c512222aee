"""The benchmarks run and say what they are for."""

import subprocess
import sys

import pytest

from scripts.benchmark.estimate import stage_seconds
from tests.root import PATIENCE, ROOT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scripts.benchmark.field", "--points", "64", "--frames", "2", "--repeat", "1"], "| still | no | ours |"),
        (["scripts.benchmark.step", "--quality", "draft", "--repeat", "1"], "step / model"),
        (["scripts.benchmark.distributed", "--quality", "draft", "--cameras", "2", "--steps", "1", "--repeat", "1"], "| 8 |"),
        (["scripts.benchmark.track", "--vertices", "300", "--frames", "3", "--reference", "1"], "| path error, % |"),
        (["scripts.benchmark.playback", "--vertices", "200", "--frames", "2", "--repeat", "1"], "| shape keys |"),
    ],
)
def test_a_benchmark_prints_its_table(arguments, said):
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_a_stage_takes_from_the_end_of_the_one_before():
    messages = [
        (3.0, {"type": "started"}),
        (5.0, {"type": "progress", "stage": "static"}),
        (13.0, {"type": "progress", "stage": "static"}),
        (14.0, {"type": "preview"}),
        (20.0, {"type": "progress", "stage": "dynamic"}),
        (26.0, {"type": "progress", "stage": "mesh"}),
        (27.0, {"type": "result"}),
    ]
    assert stage_seconds(messages) == {"static": 10.0, "dynamic": 7.0, "mesh": 6.0}
