"""`python -m engine estimate`: what a request would take."""

from __future__ import annotations

import argparse

from engine.cli.console import Tell, duration
from engine.contract import protocol
from engine.job.request import Request


def estimate_command(request: Request, options: argparse.Namespace, tell: Tell) -> int:
    """Memory of public models first, from their files; then time and memory, by trying a few steps."""
    text = request.canonical_prompt()

    from engine.guidance.load import Lesson
    from engine.pipeline.device import find_device
    from engine.pipeline.estimate import estimate
    from engine.reference.conditioning import take_in

    if not request.models().built_in and not _memory_first(request, options, tell):
        return 0
    lesson = Lesson(text, request.models(), request.negative_prompt)
    device, photo = find_device(options.device), take_in(request)[1]
    found = estimate(request.resolved_quality(), lesson, request.frames, device, photo)
    seconds = {stage: round(value, 1) for stage, value in found.seconds.items()}
    lines = [f"{stage.replace('_', '-'):<17} {duration(value)}" for stage, value in seconds.items()]
    memory = "memory not known on this system" if found.memory_mb is None else f"about {found.memory_mb} MB of memory"
    lines.append(f"{'together':<17} {duration(found.total)}, {memory}")
    tell(protocol.estimate(seconds, found.memory_mb), "\n".join(lines))
    return 0


def _memory_first(request: Request, options: argparse.Namespace, tell: Tell) -> bool:
    """Tells what the request's models need, before any is loaded. Whether they are here and fit, so that steps can be tried."""
    from engine.pipeline.device import find_device
    from engine.pipeline.memory_plan import fitting_presets, plan_memory

    device = find_device(options.device)
    plan = plan_memory(request.models(), request.resolved_quality(), device)
    lines = plan.lines()
    if not plan.fits_low:
        lines.append(f"Presets that fit at quality {request.quality}: {', '.join(fitting_presets(request.quality, device))}.")
    elif not plan.known:
        lines.append(f"Fetch the models to have the time reckoned as well: python -m engine models fetch {request.preset}")
    goes_on = plan.known and plan.fits_low
    if not goes_on or not options.json:
        tell(protocol.estimate({}, None) | {"memory": plan.as_dict()}, "\n".join(lines))
    return goes_on
