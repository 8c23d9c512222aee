"""Where a camera is from frame to frame, and which moment of the clip it sees."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine.contract.errors import RenderError
from engine.scene.cameras import DISTANCE, FOV, Cameras

PATHS = ("still", "turntable")
MAX_FRAMES = 10_000


@dataclass(frozen=True)
class Pose:
    """An orbit camera at one frame. azimuth, elevation, fov (vertical): radians. distance: metres. time: in [0, 1]."""

    azimuth: float = 0.5
    elevation: float = 0.25
    distance: float = DISTANCE
    fov: float = FOV
    time: float = 0.5

    def cameras(self) -> Cameras:
        """The same as a batch of one."""
        return Cameras(torch.tensor([self.azimuth]), torch.tensor([self.elevation]), self.distance, self.fov)


def camera_path(kind: str, start: Pose, frames: int, times: tuple[float, float] = (0.0, 1.0)) -> list[Pose]:
    """`frames` poses from `start` on. kind "still": the camera stays; "turntable": one full turn.

    times: of the clip, from and to; frame i of n shows from + (to - from) (i + 1/2) / n.
    """
    first, last = times
    turn = 2 * math.pi if kind == "turntable" else 0.0
    return [
        Pose(
            start.azimuth + turn * i / frames, start.elevation, start.distance, start.fov,
            first + (last - first) * (i + 0.5) / frames,
        )
        for i in range(frames)
    ]  # fmt: skip


def read_path(path: Path) -> list[Pose]:
    """A path from a JSON list of {"azimuth", "elevation", "distance", "fov", "time"}; angles in degrees, what is missing as in
    `Pose`. Raises RenderError in one sentence."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = error.strerror or error
        raise RenderError(f"The camera path {path} can't be read ({reason}): give a JSON list of poses.") from error
    except (ValueError, RecursionError) as error:
        where = f" from line {error.lineno} on" if isinstance(error, json.JSONDecodeError) else ""
        raise RenderError(f"The camera path {path} is no JSON{where}: give a JSON list of poses.") from error
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_FRAMES:
        raise RenderError(f"The camera path {path} has to be a list of 1 to {MAX_FRAMES} poses.")
    return [_pose(entry, number, path) for number, entry in enumerate(entries, 1)]


def checked(pose: Pose, name: str) -> Pose:
    """`pose` if a camera can be there. Raises RenderError that begins with `name`."""
    limits = {
        "azimuth": (-1e3, 1e3), "elevation": (-math.pi / 2, math.pi / 2), "distance": (0.05, 1e3),
        "fov": (math.radians(1), math.radians(170)), "time": (0.0, 1.0),
    }  # fmt: skip
    for key, (low, high) in limits.items():
        value = getattr(pose, key)
        if not low <= value <= high:
            angle = key in ("azimuth", "elevation", "fov")
            shown = [math.degrees(v) if angle else v for v in (value, low, high)]
            unit = " degrees" if angle else ""
            raise RenderError(f"{name}: {key} is {shown[0]:g}, but has to be from {shown[1]:g} to {shown[2]:g}{unit}.")
    return pose


def _pose(entry: Any, number: int, path: Path) -> Pose:
    name = f"Pose {number} of {path}"
    known = ("azimuth", "elevation", "distance", "fov", "time")
    if not isinstance(entry, dict) or not entry.keys() <= set(known):
        raise RenderError(f"{name} has to be an object with some of {', '.join(known)}.")
    values = {}
    for key, value in entry.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RenderError(f"{name}: {key} has to be a number.")
        values[key] = math.radians(value) if key in ("azimuth", "elevation", "fov") else float(value)
    return checked(Pose(**values), name)
