"""Results that arrive while a person does other things, in a real Blender with a window that was started with a .blend."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mav3d_blender.jobs.store import JobStore
from tests.blender import window
from tests.mav3d_blender.engines import FAKE
from tests.root import PATIENCE

pytestmark = window.NEEDED
JOBS = Path("blender", "extensions", ".user", "user_default", "mav3d", "jobs")


@pytest.fixture(scope="module")
def seen(installed, tmp_path_factory) -> dict:
    """What arriving.py wrote, and the id of the job that was there before as "before"."""
    folder = tmp_path_factory.mktemp("arriving")
    python, words = folder / "python", folder / "words"
    words.write_text("steps=5 pause=0.05")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" $(cat "{words}")\n')
    python.chmod(0o755)
    before = JobStore(Path(installed["HOME"]) / JOBS).new({"prompt": "a blue cube"}, {})
    blend = folder / "start.blend"
    save = f"import bpy; bpy.ops.wm.save_as_mainfile(filepath={str(blend)!r})"
    command = [window.BLENDER, "-b", "--python-expr", save]
    subprocess.run(command, check=True, env=installed, stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def drive() -> None:
        end = time.monotonic() + PATIENCE
        middle = window.wait_for(folder / "ready.json")
        for name, key in (("grab", "g"), ("release", "Escape"), ("stop_render", "Escape")):
            window.wait_for(folder / f"{name}.json")
            window.xdotool("mousemove", str(middle["x"]), str(middle["y"]))
            window.xdotool("key", key)
        # A virtual display may hold back what is drawn until something moves.
        while not (folder / "seen.json").is_file() and time.monotonic() < end:
            window.xdotool("mousemove_relative", "--", "1", "0")
            time.sleep(1.0)

    return window.run("arriving.py", folder, str(python), installed, drive, blend) | {"before": before.id, "blend": str(blend)}


def test_jobs_are_listed_where_blender_starts_with_a_blend(seen):
    assert seen["file"] == seen["blend"] and seen["before"] in seen["listed"]


def test_a_result_waits_while_a_tool_runs_and_is_selected_after_it(seen):
    assert seen["tool"] == "Waits until the tool ends" and not seen["placed_meanwhile"]
    assert seen["selected"] == "red ball bouncing" and seen["beside"] > 1


def test_a_result_takes_no_selection_from_other_work(seen):
    assert seen["kept"]


def test_a_result_waits_in_edit_mode_and_while_rendering(seen):
    assert seen["edit"] == "Waits for Object Mode" and seen["render"] == "Waits until the render ends"


def test_cancel_stops_a_job_that_would_go_on_for_minutes(seen):
    # Three minutes are left of it.
    assert seen["cancel"] < 60


def test_blender_ends_as_it_should(seen):
    assert seen["status"] == 0
