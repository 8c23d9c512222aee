"""Work on the jobs of a batch: each as `engine generate` does it, to the same bits."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from engine.batch.board import Board
from engine.batch.entries import Entry
from engine.contract import protocol
from engine.job.folder import JobFolder
from engine.job.lock import held
from engine.job.resolve import resolve_new
from engine.pipeline.outcome import outcome_of
from engine.pipeline.run import GO_ON, LEAVE, is_finished, run_job

Emit = Callable[[dict[str, Any]], None]


def work_on(
    entry: Entry, path: Path, device: torch.device, threads: int, emit: Emit, stop: Callable[[], bool], patience: float = 0.0
) -> dict[str, Any]:
    """Begins the entry's job in the folder `path`, or goes on with it; returns its last message, however it ended.

    threads: of the processor; a job that goes on brings its own. stop: whether the job is to leave with a checkpoint. patience:
    seconds to wait for another process that works there.
    """
    torch.set_num_threads(threads)

    def run() -> dict[str, Any]:
        folder = JobFolder(path)
        job = resolve_new(entry.request, folder, draw_seed=not entry.seeded)
        if is_finished(job, folder):
            return protocol.result(str(folder.asset))
        results: list[dict[str, Any]] = []

        def emit_or_keep(message: dict[str, Any]) -> None:
            (results.append if message["type"] == "result" else emit)(message)

        with held(path, patience, stop):
            run_job(job, folder, emit_or_keep, lambda: LEAVE if stop() else GO_ON, device)
        return results[-1]

    try:
        return outcome_of(run)
    finally:
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def work_here(
    entries: list[Entry],
    board: Board,
    device: torch.device,
    threads: int,
    emit: Callable[[Entry, dict[str, Any]], None],
    stop: Callable[[], bool],
) -> None:
    """Works on one entry after the other in this process, until `stop`.

    emit: takes an entry and each message of its job; the last is a "result", a "cancelled" or an "error".
    """
    for entry in entries:
        if stop():
            return
        board.begin(entry.row)

        def hear(message: dict[str, Any], entry: Entry = entry) -> None:
            board.hear(entry.row, message)
            emit(entry, message)

        outcome = work_on(entry, board.output / entry.name, device, threads, hear, stop)
        board.end(entry.row, outcome)
        emit(entry, outcome)
