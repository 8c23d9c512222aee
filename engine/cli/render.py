"""`python -m engine render`: pictures of a job's scene from any camera, at any times."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

from engine.cli.console import Tell
from engine.contract import protocol


def add_render_options(parser: argparse.ArgumentParser) -> None:
    """Where to look from, when, and where the pictures go."""
    parser.add_argument("--output", type=Path, required=True, help="a .mp4, .gif or .png, or a folder of pictures")
    parser.add_argument("--path", default="turntable", help="how the camera goes: turntable, still (turntable)")
    parser.add_argument("--cameras", type=Path, help="a JSON list of poses, in place of --path; see the README")
    parser.add_argument("--azimuth", type=float, default=30.0, help="degrees; 0 is the front, 90 the right side (30)")
    parser.add_argument("--elevation", type=float, default=15.0, help="degrees above the horizon (15)")
    parser.add_argument("--distance", type=float, default=3.2, help="metres from the middle (3.2)")
    parser.add_argument("--fov", type=float, default=38.0, help="vertical field of view in degrees (38)")
    parser.add_argument("--start", type=float, default=0.0, help="first moment of the clip, 0 to 1 (0)")
    parser.add_argument("--end", type=float, default=1.0, help="last moment of the clip, 0 to 1 (1)")
    parser.add_argument("--frames", type=int, default=48, help="pictures on the path (48)")
    parser.add_argument("--fps", type=int, default=12, help="frames a second of a movie (12)")
    parser.add_argument("--size", type=int, default=256, help="pixels a side (256)")
    parser.add_argument("--samples", type=int, default=128, help="intervals a ray (128)")
    parser.add_argument("--background", type=float, default=0.45, help="a grey, 0 black to 1 white (0.45)")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")


def render_command(options: argparse.Namespace, tell: Tell) -> int:
    """Does what the options of `add_render_options` ask for."""
    from engine.job.folder import JobFolder, load_scene
    from engine.job.request import Request, whole
    from engine.pipeline.device import find_device
    from engine.pipeline.render_frames import check_output, pictures, write_pictures

    for name, high in (("frames", 10_000), ("fps", 120), ("size", 4096), ("samples", 4096)):
        whole(name, getattr(options, name), 1, high)
    path = _path(options)
    check_output(options.output, len(path), options.overwrite)
    folder = JobFolder(options.folder)
    request = Request.checked(folder.request())
    scene, _ = load_scene(folder, request.resolved_quality(), request.seed, find_device(options.device))
    started = time.monotonic()

    def told(number: int) -> None:
        left = (time.monotonic() - started) / number * (len(path) - number)
        tell(protocol.progress("render", number, len(path), left, {}), None)

    frames = pictures(scene.field, path, options.size, options.samples, options.background)
    write_pictures(frames, options.output, options.fps, told)
    tell(protocol.result(str(options.output)), f"Pictures: {options.output}")
    return 0


def _path(options: argparse.Namespace) -> list[Any]:
    """The poses that the options ask for. Raises RenderError for those that can't be."""
    from engine.contract.errors import RenderError
    from engine.scene.camera_path import PATHS, Pose, camera_path, checked, read_path

    for name in ("start", "end", "background"):
        if not 0 <= getattr(options, name) <= 1:
            raise RenderError(f"--{name} is {getattr(options, name):g}, but has to be from 0 to 1.")
    if options.cameras:
        return read_path(options.cameras)
    if options.path not in PATHS:
        raise RenderError(f"There is no path {options.path!r}: choose {' or '.join(PATHS)}, or give --cameras.")
    azimuth, elevation, fov = (math.radians(value) for value in (options.azimuth, options.elevation, options.fov))
    start = checked(Pose(azimuth, elevation, options.distance, fov, options.start), "The camera")
    return camera_path(options.path, start, options.frames, (options.start, options.end))
