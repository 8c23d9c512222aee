"""A real Blender with a window, driven from outside: install the zip, start it, point, click, type, look.

BLENDER names the executable; a script that takes --window, as the one for virtual screens does, is given it.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

from tests.root import PATIENCE, ROOT

BLENDER = os.environ.get("BLENDER", "")
DISPLAY = os.environ.get("BLENDER_DISPLAY", ":77")
NEEDED = [
    pytest.mark.skipif(not BLENDER, reason="BLENDER names no Blender to run"),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool, which moves the mouse, is not installed"),
]


def install(folder: Path) -> None:
    """The zip, built and installed into a user folder of its own."""
    built = folder.with_name(f"{folder.name}-built")
    subprocess.run([ROOT / "scripts" / "build_extension", "--output", built], check=True, stdout=subprocess.DEVNULL)
    (zipped,) = built.glob("mav3d-*.zip")
    assert (built / "index.json").is_file()
    command = [BLENDER, "--command", "extension", "install-file", "-r", "user_default", "-e", zipped]
    subprocess.run(command, check=True, env=environment(folder), stdout=subprocess.DEVNULL, timeout=PATIENCE)


def environment(folder: Path) -> dict[str, str]:
    """The environment of a Blender whose user folder this is; its caches are there as well."""
    return {**os.environ, "HOME": str(folder), "BLENDER_USER_RESOURCES": str(folder / "blender")}


def run(script: str, folder: Path, python: str, installed: dict, drive: Callable[[], None], blend: Path | None = None) -> dict:
    """What a script of this folder wrote about its session in a new Blender, with Blender's exit status as "status".

    drive: what is done from outside once the script has written FOLDER/ready.json. blend: what Blender is started with. Skips
    where no window can be opened.
    """
    window = ["--window"] if Path(BLENDER).name == "real-blender" else []
    command = [
        BLENDER,
        *window,
        *([blend] if blend else []),
        "--python",
        Path(__file__).with_name(script),
        "--",
        folder,
        python,
    ]
    with open(folder / "blender.log", "wb") as log:
        process = subprocess.Popen(command, env=installed, stdout=log, stderr=subprocess.STDOUT)
        try:
            ready = wait_until(lambda: (folder / "ready.json").is_file() or process.poll() is not None)
            told = (folder / "blender.log").read_text(errors="replace")
            if "unable to open a display" in told.lower():
                pytest.skip(f"no window could be opened: {told[-300:]}")
            assert ready and process.poll() is None, told[-2000:]
            drive()
            status = process.wait(timeout=PATIENCE)
        finally:
            process.kill()
    told = (folder / "blender.log").read_text(errors="replace")
    assert (folder / "seen.json").is_file(), told[-2000:]
    values = json.loads((folder / "seen.json").read_text())
    assert "error" not in values, values["error"]
    return values | {"status": status}


def screenshot(path: Path) -> np.ndarray:
    """The screen, uint8 [height, width, 3]; it is in the file as well."""
    command = ["import", "-window", "root", str(path)]
    subprocess.run(command, check=True, env={**os.environ, "DISPLAY": DISPLAY})
    return imageio.imread(path)[..., :3]


def bars(column: np.ndarray) -> list[tuple[int, int, int]]:
    """Runs of one colour down a column of pixels, uint8 [height, 3]: first pixel, length, mean of red, green and blue."""
    starts = [0, *(np.flatnonzero((column[1:] != column[:-1]).any(1)) + 1).tolist(), len(column)]
    return [(a, b - a, int(column[a].mean())) for a, b in zip(starts, starts[1:], strict=False)]


def click(x: int, y: int) -> None:
    for command in (["mousemove", str(x), str(y)], ["mousedown", "1"], ["mouseup", "1"]):
        xdotool(*command)
        time.sleep(0.3)


def type_in(text: str) -> None:
    """Presses the keys of a text, one after the other, and Enter."""
    xdotool("type", "--delay", "60", text)
    time.sleep(0.3)
    xdotool("key", "Return")


def xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, env={**os.environ, "DISPLAY": DISPLAY})


def wait_for(path: Path) -> dict:
    assert wait_until(path.is_file), f"{path.name} did not come"
    return json.loads(path.read_text())


def wait_until(happened: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether it happened in time."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
