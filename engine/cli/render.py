"""`python -m engine render`: pictures of a job's scene from any camera, at any times."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.request_options import add_common_options
from engine.contract import protocol
from engine.contract.request import check_integer
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("render", help="pictures of a job's scene from any camera, at any times")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, required=True, help="a .mp4, .gif or .png, or a folder of pictures")
    parser.add_argument("--path", default="turntable", help="how the camera goes: turntable, still (turntable)")
    parser.add_argument("--cameras", type=Path, help="a JSON list of poses, in place of --path; see docs/cli.md")
    parser.add_argument("--azimuth", type=float, default=30.0, help="degrees; 0 is the front, 90 the right side (30)")
    parser.add_argument("--elevation", type=float, default=15.0, help="degrees above the horizon (15)")
    parser.add_argument("--distance", type=float, default=3.2, help="meters from the middle (3.2)")
    parser.add_argument("--fov", type=float, default=38.0, help="vertical field of view in degrees (38)")
    parser.add_argument("--start", type=float, default=0.0, help="first moment of the clip, 0 to 1 (0)")
    parser.add_argument("--end", type=float, default=1.0, help="last moment of the clip, 0 to 1 (1)")
    parser.add_argument("--frames", type=int, default=48, help="pictures on the path (48)")
    parser.add_argument("--fps", type=int, default=12, help="frames a second of a movie (12)")
    parser.add_argument("--size", type=int, default=256, help="pixels a side (256)")
    parser.add_argument("--samples", type=int, default=128, help="intervals a ray (128)")
    parser.add_argument("--background", type=float, default=0.45, help="a gray, 0 black to 1 white (0.45)")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
    add_common_options(parser)
    parser.set_defaults(run=render)


def render(options: argparse.Namespace, console: Console) -> int:
    for name, high in (("frames", 10_000), ("fps", 120), ("size", 4096), ("samples", 4096)):
        check_integer(name, getattr(options, name), 1, high)
    path = _camera_path(options)

    from engine.pipeline.checkpoint import load_state
    from engine.pipeline.device import find_device
    from engine.pipeline.eta import TaskEta
    from engine.pipeline.given_scene import take_given
    from engine.pipeline.render_frames import check_output, render_frames, write_frames

    check_output(options.output, len(path), options.overwrite)
    folder = JobFolder.of(options.folder)
    job = resolve_folder(folder)
    state, _ = load_state(folder, job.quality, job.request.seed, find_device(options.device))
    take_given(state, job, folder)
    eta = TaskEta()

    def report(number: int) -> None:
        left = eta.seconds_left(number, len(path))
        console.emit(protocol.progress("render", number, len(path), left, {}))

    frames = render_frames(state.field, path, options.size, options.samples, options.background)
    write_frames(frames, options.output, options.fps, report)
    console.emit(protocol.result(str(options.output)), f"Pictures: {options.output}")
    return 0


def _camera_path(options: argparse.Namespace) -> list[Any]:
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
