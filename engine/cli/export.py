"""`python -m engine export`: the asset of a job's newest checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.request_options import add_common_options
from engine.job.folder import JobFolder, is_complete
from engine.job.resolve import resolve_folder


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("export", help="write asset/ from a job's newest checkpoint")
    parser.add_argument("folder", type=Path)
    add_common_options(parser)
    parser.set_defaults(run=export)


def export(options: argparse.Namespace, console: Console) -> int:
    folder = JobFolder.of(options.folder)
    job = resolve_folder(folder)

    from engine.job.lock import held
    from engine.pipeline.checkpoint import load_state
    from engine.pipeline.device import find_device
    from engine.pipeline.export import export_asset
    from engine.pipeline.given_scene import take_given

    with held(folder.path):
        state, progress = load_state(folder, job.quality, job.request.seed, find_device(options.device))
        job = take_given(state, job, folder)
        finished = is_complete(progress, job.quality)
        export_asset(state, job, folder, console.emit, None if finished else progress)
    if not finished:
        console.note(f"Asset of the unfinished scene: {folder.asset}", error=True)
    return 0
