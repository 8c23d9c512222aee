"""Settings of a job that may still change when it has begun."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.job.folder import STAGES, JobFolder, Progress
from engine.job.request import Request, RequestError

STEPS = {f"{stage}_steps": stage for stage in STAGES}
CHANGEABLE = ("topology", "frames", "fps", "memory", *STEPS)


def changed(request: Request, changes: dict[str, Any], done: Progress | None) -> Request:
    """`request` with `changes`, of a job that has come as far as `done`. Raises RequestError for what can't change any more.

    A stage that is over keeps its steps; the one begun last can have more, also where it was at its end: the run goes on there.
    """
    before = asdict(request) | {"without": list(request.without)}
    wanted = {name: value for name, value in changes.items() if value is not None and value != before.get(name)}
    for name in wanted:
        if name not in CHANGEABLE:
            raise RequestError(
                f"{name} can't change in a job that has begun, only {', '.join(CHANGEABLE)} can: start another job for it."
            )
    after = Request.checked(before | wanted)
    if done is None:
        return after
    old, new = request.resolved_quality(), after.resolved_quality()
    for name, stage in STEPS.items():
        steps = getattr(new, stage).steps
        if STAGES.index(stage) < STAGES.index(done.stage) and steps != getattr(old, stage).steps:
            raise RequestError(
                f"{name} can't change any more, stage {stage} is over: give {done.stage}_steps, or start another job."
            )
        if stage == done.stage and steps < done.step and steps < getattr(old, stage).steps:
            raise RequestError(f"{name} is {steps}, but {done.step} steps are done already: give {done.step} or more.")
    return after


def change(folder: JobFolder, changes: dict[str, Any]) -> Request:
    """Puts `changes` in force in the folder's job, if they change anything, and gives its request. Raises as `changed`."""
    request, done = Request.checked(folder.request()), folder.progress()
    after = changed(request, changes, done)
    if after != request:
        folder.change(after.as_dict(), _shares(folder, request, after, done))
    return after


def _shares(folder: JobFolder, before: Request, after: Request, done: Progress | None) -> dict[str, float]:
    """How far through its schedule the stage is whose length changes under way; nothing where none does."""
    if done is None:
        return {}
    old, new = (getattr(request.resolved_quality(), done.stage).steps for request in (before, after))
    if old == new:
        return {}
    return {done.stage: max(folder.shares().get(done.stage, 0.0), min(1.0, done.step / max(1, old)))}
