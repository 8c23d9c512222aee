"""What an artist does with results, in a real Blender with a window: chooses, retimes, replaces; and a rig of their own."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.blender import window
from tests.mav3d_blender.engines import FAKE
from tests.root import ROOT

pytestmark = window.NEEDED
# Pixels by which the sidebar is made narrower.
NARROWER = 80


@pytest.fixture(scope="module")
def seen(installed, tmp_path_factory) -> dict:
    """What shaping.py wrote."""
    folder = tmp_path_factory.mktemp("shaping")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" steps=5 pause=0.05\n')
    python.chmod(0o755)
    # By the bpy wheel, in a process of its own.
    script = "import sys; from tests.mav3d_blender.rigged import save_dog; save_dog(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, folder], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def drive() -> None:
        middle = window.wait_for(folder / "ready.json")["height"] // 2
        for name in ("dog", "drafts", "result"):
            window.wait_for(folder / f"{name}.json")
            picture(folder, name)
        drag(window.wait_for(folder / "closed.json")["x"], middle, NARROWER)
        picture(folder, "narrow")

    return window.run("shaping.py", folder, str(python), installed, drive, folder / "dog.blend")


def drag(x: int, y: int, right: int) -> None:
    """Moves what is at a place so many pixels to the right, as a hand does."""
    way = [("mousemove", str(x + step), str(y)) for step in range(0, right + 1, 4)]
    for command in (way[0], way[0], ("mousedown", "1"), *way[1:], ("mouseup", "1")):
        window.xdotool(*command)
        time.sleep(0.1)


def picture(folder: Path, name: str) -> None:
    """A picture of the window, also in the folder that SCREENSHOTS names."""
    time.sleep(1.0)
    window.screenshot(folder / f"{name}.part.png")
    if os.environ.get("SCREENSHOTS"):
        shutil.copy(folder / f"{name}.part.png", Path(os.environ["SCREENSHOTS"]) / f"{name}.png")
    (folder / f"{name}.part.png").rename(folder / f"{name}.png")


def test_an_armature_of_one_s_own_moves_the_mesh_as_the_engine_has_it_and_one_undo_takes_that_back(seen):
    assert seen["away"] < 0.01 and seen["moved"] > 0.02 and seen["action"] == "a dog running" and seen["notes"] == []
    assert seen["one undo"][0] == "" and seen["one undo"][1] < 1e-5


def test_four_drafts_come_with_pictures_and_one_is_chosen(seen):
    seeds, placed, pictures = zip(*seen["drafts"], strict=True)
    assert len(set(seeds)) == 4 and seeds[0] == 7 and not any(placed) and all(pictures)
    assert seen["chosen"] == [True, True] and seen["closed"] == [0, 5]


def test_the_pace_changes_and_an_undo_brings_it_back(seen):
    assert seen["twice"] < 1e-3 and seen["pace undone"] < 1e-5


def test_the_sidebar_was_made_narrower_for_its_picture(seen):
    assert seen["narrower"] >= NARROWER / 2


def test_a_better_one_takes_its_place_and_an_undo_brings_the_old_one_back(seen):
    assert seen["replaced"] == ["standard", True, True] and seen["undone"] == ["draft", False]
