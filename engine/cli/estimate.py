"""`python -m engine estimate`: what a request would take."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.console import Console, duration
from engine.cli.request_options import add_common_options, add_request_options, request_values
from engine.contract import protocol
from engine.contract.request import Request
from engine.job.resolve import ResolvedJob, resolve, with_files_read


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("estimate", help="how long a request would take and how much memory, found by trying")
    parser.add_argument("prompt", nargs="?", default="a red ball bouncing")
    add_request_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=estimate)


def estimate(options: argparse.Namespace, console: Console) -> int:
    """Memory of public models first, from their files; then time and memory, by trying a few steps."""
    job = resolve(Request.checked(request_values(options)))

    from engine.pipeline.device import find_device
    from engine.pipeline.estimate import estimate as estimate_job

    device = find_device(options.device)
    if not job.models.built_in and not _report_memory(job, device, console):
        return 0
    found = estimate_job(with_files_read(job), device)
    seconds = {stage: round(value, 1) for stage, value in found.seconds.items()}
    lines = [f"{stage.replace('_', '-'):<17} {duration(value)}" for stage, value in seconds.items()]
    memory = "memory not known on this system" if found.memory_mb is None else f"about {found.memory_mb} MB of memory"
    lines.append(f"{'together':<17} {duration(found.total)}, {memory}")
    console.emit(protocol.estimate(seconds, found.memory_mb), "\n".join(lines))
    return 0


def _report_memory(job: ResolvedJob, device: Any, console: Console) -> bool:
    """Reports what the job's models need, before any is loaded. Whether they are here and fit, so that steps can be tried."""
    from engine.pipeline.memory.plan import fitting_presets, plan_memory

    plan = plan_memory(job.models, job.quality, device)
    lines = plan.lines()
    if not plan.fits_low:
        quality = job.request.quality
        lines.append(f"Presets that fit at quality {quality}: {', '.join(fitting_presets(quality, device))}.")
    elif not plan.known:
        lines.append(f"Fetch the models to have the time estimated as well: python -m engine models fetch {job.request.preset}")
    goes_on = plan.known and plan.fits_low
    if not goes_on or not console.json:
        console.emit(protocol.estimate({}, None) | {"memory": plan.as_dict()}, "\n".join(lines))
    return goes_on
