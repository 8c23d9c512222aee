"""`python -m engine generate`: an asset from a prompt."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.console import Console
from engine.cli.on_host import add_host_options, host_of, run_on_host
from engine.cli.request_options import add_common_options, add_request_options, request_values
from engine.cli.signals import stop_on_signals
from engine.contract import protocol
from engine.contract.errors import DivergedError, GateError, RanksError, Stopped
from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.job.resolve import ResolvedJob, resolve_new
from engine.remote.mirror import job_name

if TYPE_CHECKING:
    from engine.ranks import Share


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("generate", help="make an asset from a prompt, or go on with it")
    parser.add_argument("--output", type=Path, required=True, help="the job folder; the same request there is continued")
    add_generate_options(parser)


def add_generate_options(parser: argparse.ArgumentParser) -> None:
    """The prompt and everything about the job, but for the folder that it goes to."""
    parser.add_argument("prompt")
    parser.add_argument("--overwrite", action="store_true", help="replace another job in the output folder")
    add_request_options(parser)
    add_common_options(parser)
    add_host_options(parser)
    parser.set_defaults(run=generate)


def generate(options: argparse.Namespace, console: Console) -> int:
    """Everything that can be wrong with the request itself is reported before torch is imported."""
    values, folder = request_values(options), JobFolder(options.output)
    job = resolve_new(Request.checked(values), folder, draw_seed="seed" not in values, overwrite=options.overwrite)
    if options.host:
        return _generate_on_host(job, values, folder, options, console)
    return run_in_folder(job, folder, options.device, console, options.overwrite)


def _generate_on_host(
    job: ResolvedJob, values: dict[str, Any], folder: JobFolder, options: argparse.Namespace, console: Console
) -> int:
    """The same on another computer, with the job's folder there and what is to be seen of it in the one here."""
    host = host_of(options)
    if not options.overwrite:
        folder.check_same(job.request.as_dict())
        if folder.finished:
            console.emit(protocol.result(str(folder.asset)), f"Already finished: {folder.asset}")
            return 0
    name = job_name(folder.path, anew=options.overwrite)
    if options.overwrite:
        folder.clear()
    request = values | {key: str(Path(values[key]).absolute()) for key in ("image", "mesh", "bones") if key in values}
    message = {"type": "generate", "job": name, "folder": str(folder.path.absolute()), "request": request}
    return run_on_host(host, message | {"previews": ["image", "video"]}, console)


def run_in_folder(job: ResolvedJob, folder: JobFolder, device_name: str, console: Console, overwrite: bool = False) -> int:
    """Runs the job in its folder to its end, or to where a signal stops it; says so where it is finished already.

    Where torchrun started several of this process, they share the work.
    """
    from engine.job.lock import held
    from engine.pipeline.device import find_device
    from engine.pipeline.distributed import joined
    from engine.pipeline.run import is_finished, run_job

    with joined(find_device(device_name)) as (share, device):
        if not share.leads:
            return _follow(job, folder, device, share, overwrite)
        finished = not overwrite and is_finished(job, folder)
        if not (overwrite or finished):
            folder.check_here()
        if share.first(finished):
            console.emit(protocol.result(str(folder.asset)), f"Already finished: {folder.asset}")
            return 0
        stop = stop_on_signals()
        with held(folder.path):
            run_job(job, folder, console.emit, stop, device, overwrite=overwrite, share=share)
    return 0


def _follow(job: ResolvedJob, folder: JobFolder, device: Any, share: Share, overwrite: bool) -> int:
    """Works along with the first of several processes, which speaks for all of them."""
    from engine.pipeline.run import run_job

    if share.first(False):
        return 0
    try:
        run_job(job, folder, lambda message: None, stop_on_signals(), device, overwrite=overwrite, share=share)
    except (RanksError, GateError, DivergedError):
        return 1
    except Stopped:
        return 130
    return 0
