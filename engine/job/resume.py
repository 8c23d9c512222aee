"""What may still change in a job that has begun, and the job with such changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.config.stage import STAGES
from engine.contract.errors import RequestError
from engine.contract.request import CHANGEABLE, Request
from engine.job.folder import JobFolder, Progress
from engine.job.resolve import ResolvedJob, resolve, resolve_folder


def changed_job(job: ResolvedJob, changes: dict[str, Any], done: Progress | None) -> ResolvedJob:
    """`job` with `changes`, of a job that has come as far as `done`. Raises RequestError for what can't change any more.

    A stage that is over keeps its steps; the one begun last can have more, also where it was at its end: the run goes on there.
    """
    before = asdict(job.request) | {"without": list(job.request.without)}
    wanted = {name: value for name, value in changes.items() if value is not None and value != before.get(name)}
    for name in wanted:
        if name not in CHANGEABLE:
            raise RequestError(
                f"{name} can't change in a job that has begun, only {', '.join(CHANGEABLE)} can: start another job for it."
            )
    after = resolve(Request.checked(before | wanted))
    if done is None:
        return after
    for stage in STAGES:
        name, steps, old_steps = f"{stage}_steps", after.quality.stage(stage).steps, job.quality.stage(stage).steps
        if STAGES.index(stage) < STAGES.index(done.stage) and steps != old_steps:
            raise RequestError(
                f"{name} can't change any more, stage {stage} is over: give {done.stage}_steps, or start another job."
            )
        if stage == done.stage and steps < done.step and steps < old_steps:
            raise RequestError(f"{name} is {steps}, but {done.step} steps are done already: give {done.step} or more.")
    return after


def change_job(folder: JobFolder, changes: dict[str, Any]) -> ResolvedJob:
    """Puts `changes` in force in the folder's job, if they change anything, and returns it. Raises as `changed_job`."""
    job, done = resolve_folder(folder), folder.progress()
    after = changed_job(job, changes, done)
    if after.request != job.request:
        folder.change(after.request.as_dict(), _shares(folder, job, after, done))
    return after


def _shares(folder: JobFolder, before: ResolvedJob, after: ResolvedJob, done: Progress | None) -> dict[str, float]:
    """How far through its schedule the stage is whose length changes under way; nothing where none does."""
    if done is None:
        return {}
    old, new = (job.quality.stage(done.stage).steps for job in (before, after))
    if old == new:
        return {}
    return {done.stage: max(folder.shares().get(done.stage, 0.0), min(1.0, done.step / max(1, old)))}
