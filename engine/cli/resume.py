"""`python -m engine resume`: a job goes on, with settings changed where that is still possible."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cli.console import Console
from engine.cli.generate import run_in_folder
from engine.cli.on_host import add_host_options, host_of, run_on_host
from engine.cli.request_options import add_common_options, add_request_options, request_values
from engine.contract.request import CHANGEABLE
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_folder
from engine.remote.mirror import job_name


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("resume", help="go on with the job in a folder, or with more steps of a finished one")
    parser.add_argument("folder", type=Path)
    add_request_options(parser, CHANGEABLE, changes=True)
    add_common_options(parser)
    add_host_options(parser)
    parser.set_defaults(run=resume)


def resume(options: argparse.Namespace, console: Console) -> int:
    from engine.job.lock import held
    from engine.job.resume import change_job
    from engine.pipeline.distributed import leads

    folder = JobFolder.of(options.folder)
    folder.request()
    if options.host:
        message = {"type": "resume", "job": job_name(folder.path), "folder": str(folder.path.absolute())}
        changes = request_values(options)
        return run_on_host(host_of(options), message | {"changes": changes, "previews": ["image", "video"]}, console)
    folder.check_here()
    if not leads():
        return run_in_folder(resolve_folder(folder), folder, options.device, console)
    with held(folder.path):
        job = change_job(folder, request_values(options))
    return run_in_folder(job, folder, options.device, console)
