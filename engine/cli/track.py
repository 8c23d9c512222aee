"""`python -m engine track`: any mesh sequence becomes an asset folder with one mesh of fixed topology."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.on_host import add_host_options, check_asset_folder, host_of, run_on_host
from engine.cli.request_options import add_common_options
from engine.contract.track import TrackRequest
from engine.remote.mirror import job_name


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("track", help="any mesh sequence becomes one mesh of fixed topology that moves")
    parser.add_argument(
        "meshes", nargs="+", type=Path, metavar="MESH",
        help="OBJ, PLY, GLB, STL, OFF or .npz files, a folder of them, a pattern such as 'f_*.obj', or one GLB that moves",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, metavar="ASSET", help="the asset folder to write")
    parser.add_argument("--reference", type=int, help="number of the frame whose mesh is followed, from 1; found if left out")
    parser.add_argument("--triangles", type=int, help="about so many even triangles, in place of the meshes' own")
    parser.add_argument("--texture", type=int, default=512, help="pixels a side (512)")
    parser.add_argument("--fps", type=float, help="frames a second (12; of a file that moves, its own)")
    parser.add_argument("--gaps", default="interpolate", help="missing frame numbers: interpolate, hold, close (interpolate)")
    parser.add_argument("--empty-frames", default="refuse", help="frames without a surface: refuse, skip, hold (refuse)")
    parser.add_argument("--animation", metavar="NAME", help="which animation of a file that has several")
    parser.add_argument("--rig", action="store_true", help="also find bones that move it")
    parser.add_argument("--bones", type=int, help="--rig with at most so many bones; found if left out")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
    add_common_options(parser, device=False)
    add_host_options(parser)
    parser.set_defaults(run=track)


def track(options: argparse.Namespace, console: Console) -> int:
    values = {field.name: getattr(options, field.name, None) for field in fields(TrackRequest)}
    request = TrackRequest.checked(values | {"rig": options.rig or options.bones is not None})

    if options.host:
        return _track_on_host(request, options, console)

    from engine.pipeline.sequences.track_meshes import track_meshes

    track_meshes(request, console.emit)
    return 0


def _track_on_host(request: TrackRequest, options: argparse.Namespace, console: Console) -> int:
    from engine.mesh.files.frame_list import list_frames

    check_asset_folder(request.output, request.overwrite)
    meshes = [str(path.absolute()) for path in list_frames(request.meshes).paths]
    own = {"meshes", "output", "overwrite"}
    values = {each.name: getattr(request, each.name) for each in fields(request) if each.name not in own}
    values = {name: value for name, value in values.items() if value is not None} | {"meshes": meshes}
    output = request.output.absolute()
    name = job_name(output, anew=True)
    message = {"type": "track", "job": name, "folder": str(output.parent), "output": str(output)}
    return run_on_host(host_of(options), message | {"request": values | {"name": request.name or output.name}}, console)
