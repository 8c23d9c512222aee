"""Does the tasks of the queue, one after the other."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import torch

from engine.config.stage import STAGES
from engine.contract import protocol
from engine.contract.errors import OutOfMemoryError, Stopped
from engine.contract.request import Request
from engine.job.folder import JobFolder
from engine.job.lock import held
from engine.job.resolve import resolve, resolve_new, with_files_read
from engine.job.resume import change_job
from engine.pipeline.device import find_device
from engine.pipeline.estimate import Estimate, estimate
from engine.pipeline.memory.plan import plan_memory
from engine.pipeline.outcome import outcome_of
from engine.pipeline.run import GO_ON, LEAVE, STOP, is_finished, run_job
from engine.pipeline.sequences.rig_asset import rig_asset
from engine.pipeline.sequences.track_meshes import track_meshes
from engine.server.queue import Queue, Task

# An engine that a crashed Blender leaves behind takes so long, at most, to save and to leave.
PATIENCE = 15.0


class LeavingState(Protocol):
    """asked: whether the engine is to end. nothing_to_save: set while no step would be lost if it ended there and then."""

    asked: bool
    nothing_to_save: bool


class Worker:
    """Works on `device`. emit: sends a message. Raises DeviceError where this machine has no such device."""

    def __init__(self, device: str, queue: Queue, emit: Callable[[dict[str, Any]], None], leaving: LeavingState) -> None:
        self.device, self.queue, self.emit, self.leaving = find_device(device), queue, emit, leaving
        # A resumed job brings its own.
        self.threads = torch.get_num_threads()
        self.estimates: dict[Request, Estimate] = {}

    def work(self, timeout: float) -> None:
        """Does what is next in the queue to its end, whatever happens to it, or waits for `timeout` seconds."""
        task = self.queue.next(timeout)
        if task is None:
            return
        torch.set_num_threads(self.threads)
        self.leaving.nothing_to_save = task.kind == "estimate"
        if task.kind == "estimate":
            self.queue.finish(outcome_of(lambda: self._estimate(task)))
        else:
            self._finish(task, JobFolder(task.folder))
        gc.collect()
        if self.device.type == "cuda":
            # Blender renders on the same card.
            torch.cuda.empty_cache()

    def _finish(self, task: Task, folder: JobFolder) -> None:
        begun: list[str] = []
        outcome = outcome_of(lambda: self._alone(task, folder, begun))
        reported = self.queue.finish(outcome)
        if not begun:
            return
        try:
            # The result is there already.
            for message in [] if reported["type"] == "result" else [reported]:
                folder.log(message)
        except OSError as error:
            print(f"Can't write to {folder.events} ({error}).", file=sys.stderr)

    def _alone(self, task: Task, folder: JobFolder, begun: list[str]) -> dict[str, Any]:
        """`_job`, while no other process works in the folder."""
        with held(folder.path, PATIENCE, lambda: self.leaving.asked or task.cancelled):
            return self._sequence(task, folder, begun) if task.kind in ("track", "rig") else self._job(task, folder, begun)

    def _sequence(self, task: Task, folder: JobFolder, begun: list[str]) -> dict[str, Any]:
        """Makes one mesh of a sequence, or bones for one; returns its result, with what is to be said of it as the advice."""
        results: list[dict[str, Any]] = []
        notes: list[str] = []

        def emit(message: dict[str, Any], note: str | None = None) -> None:
            if task.cancelled or self.leaving.asked:
                raise Stopped("Stopped; nothing was written.")
            begun.append(message["type"])
            if message["type"] == "result":
                results.append(message)
            elif message["type"] == "note":
                notes.append(message["message"])
            else:
                self.emit(protocol.of_job(message, task.name))

        emit(protocol.started({"prompt": task.rig.asset.name if task.rig else task.track.name or task.track.output.name}))
        # There is no checkpoint: it begins anew.
        self.leaving.nothing_to_save = True
        if task.rig is not None:
            rig_asset(task.rig, emit)
        else:
            track_meshes(task.track, emit)
        advice = " ".join([*notes, results[-1].get("advice", "")]).strip()
        folder.log(results[-1])
        return protocol.result(results[-1]["path"], protocol.shortened(advice))

    def _job(self, task: Task, folder: JobFolder, begun: list[str]) -> dict[str, Any]:
        """Runs a job and returns its result, noting in `begun` when its folder is its own."""
        if task.kind == "resume":
            job = change_job(folder, task.changes)
        else:
            job = resolve_new(task.request, folder, draw_seed=not task.seeded)
        if is_finished(job, folder):
            return protocol.result(str(folder.asset))
        results: list[dict[str, Any]] = []

        def emit(message: dict[str, Any]) -> None:
            begun.append(message["type"])
            # The export begins when all steps are saved.
            self.leaving.nothing_to_save |= message["type"] == "progress" and message["stage"] not in STAGES
            if message["type"] == "result":
                results.append(message)
            # The thread that took the cancel has reported it.
            elif message["type"] != "cancelling":
                self.emit(protocol.of_job(message, task.name))

        def stop() -> int:
            if self.leaving.asked or (task.cancelled and not task.asset):
                return LEAVE
            return STOP if task.cancelled else GO_ON

        run_job(job, folder, emit, stop, self.device, task.previews)
        return results[-1]

    def _estimate(self, task: Task) -> dict[str, Any]:
        job = resolve(task.request)
        # Neither the seed nor the words of the built-in models change what a run takes.
        key = replace(task.request, seed=0, prompt="" if job.models.built_in else task.request.prompt)
        if key not in self.estimates:
            if not job.models.built_in and not (plan := plan_memory(job.models, job.quality, self.device)).fits_low:
                raise OutOfMemoryError(plan.verdict())
            self.estimates[key] = estimate(with_files_read(job), self.device, lambda: task.cancelled or self.leaving.asked)
        found = self.estimates[key]
        return protocol.estimate({stage: round(value, 1) for stage, value in found.seconds.items()}, found.memory_mb)
