"""Engines that misbehave, in a real Blender with a window: it goes on, says one sentence, and the next engine works."""

import sys

import pytest

from tests.blender import window
from tests.mav3d_blender.engines import FAKE

pytestmark = window.NEEDED
# What becomes of the job, and words of the sentence.
ENDS = {
    "silent": ("FAILED", "not ready within 2 seconds"),
    "no-torch": ("FAILED", "no module 'torch'"),
    "die": ("INTERRUPTED", "ended unexpectedly"),
    "crash": ("INTERRUPTED", "The system ended the engine"),
    "half": ("INTERRUPTED", "ended unexpectedly"),
    "mute": ("CANCELLED", "Stopped"),
    "flood": ("DONE", ""),
    "garbage": ("DONE", ""),
    "huge": ("DONE", ""),
}


@pytest.fixture(scope="module")
def seen(installed, tmp_path_factory) -> dict:
    """What misbehaving.py wrote."""
    folder = tmp_path_factory.mktemp("misbehaving")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" $(cat "{folder / "words"}")\n')
    python.chmod(0o755)
    return window.run("misbehaving.py", folder, str(python), installed, lambda: None)


@pytest.mark.parametrize("manner", ENDS)
def test_its_job_ends_and_one_sentence_says_why(seen, manner):
    job, (state, words) = seen["jobs"][manner][0], ENDS[manner]
    assert job["state"] == state and words in job["message"]
    assert bool(job["message"]) == (state != "DONE") and job["imported"] == (state == "DONE")
    told = " ".join((job["message"], job["advice"]))
    assert len(told) < 300 and "\n" not in told and "Traceback" not in told


@pytest.mark.parametrize("manner", ENDS)
def test_the_next_engine_makes_an_object(seen, manner):
    job = seen["jobs"][manner][1]
    assert job["state"] == "DONE" and job["imported"]


def test_the_window_goes_on_all_the_while(seen):
    assert len(seen["gaps"]) > 300 and not seen["slow"]


def test_blender_ends_as_it_should(seen):
    assert seen["status"] == 0
