"""`python -m engine rig`: an asset with one moving mesh gets bones."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.on_host import add_host_options, check_asset_folder, host_of, run_on_host
from engine.cli.request_options import add_common_options
from engine.contract.rig import RigRequest
from engine.remote.mirror import job_name


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("rig", help="bones for an asset with one moving mesh")
    parser.add_argument("asset", type=Path, metavar="ASSET", help="an asset folder with one moving mesh, as track writes it")
    parser.add_argument("--bones", type=int, help="at most so many; as many as the motion needs if left out")
    parser.add_argument("--turn-only", action="store_true", help="joints never come apart, at the price of a larger error")
    parser.add_argument("--output", type=Path, metavar="ASSET", help="the asset folder to write; the same one if left out")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
    add_common_options(parser, device=False)
    add_host_options(parser)
    parser.set_defaults(run=rig)


def rig(options: argparse.Namespace, console: Console) -> int:
    """Finds bones and writes the asset again; returns the exit code."""
    request = RigRequest.checked({field.name: getattr(options, field.name) for field in fields(RigRequest)})

    if options.host:
        output = (request.output or request.asset).absolute()
        if request.output is not None and output != request.asset.absolute():
            check_asset_folder(output, request.overwrite)
        values = {"asset": str(request.asset.absolute()), "bones": request.bones, "turn_only": request.turn_only}
        message = {"type": "rig", "job": job_name(output, anew=True), "folder": str(output.parent), "output": str(output)}
        return run_on_host(host_of(options), message | {"request": values}, console)

    from engine.pipeline.sequences.rig_asset import rig_asset

    rig_asset(request, console.emit)
    return 0
