"""The benchmarks run and say what they are for."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scripts.benchmark.field", "--points", "64", "--frames", "2", "--repeat", "1"], "| still | no | ours |"),
        (["scripts.benchmark.step", "--quality", "draft", "--repeat", "1"], "times the video model"),
    ],
)
def test_a_benchmark_prints_its_table(arguments, said):
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
