"""`python -m engine batch`: many requests from a file, a job folder each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.console import Console
from engine.cli.on_host import add_host_options, host_of
from engine.cli.request_options import add_common_options, add_request_options, request_values
from engine.cli.signals import stop_on_signals
from engine.contract import protocol
from engine.contract.errors import BatchError
from engine.contract.request import check_choice, check_integer

if TYPE_CHECKING:
    from engine.batch.board import Board
    from engine.batch.entries import Entry

# Takes an entry and each message of its job.
Hear = Callable[["Entry", dict[str, Any]], None]


def add_command(subparsers: Any) -> None:
    """Adds the command and its options."""
    parser = subparsers.add_parser("batch", help="many requests from a file, a job folder each, and a sheet of all results")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with settings as columns, JSON lines, or a prompt a line")
    parser.add_argument("--output", type=Path, required=True, help="the folder of job folders; what is there is gone on with")
    parser.add_argument("--resume", action="store_true", help="go on alone: refused where no batch has begun in the folder")
    parser.add_argument("--threads", type=int, help="processor threads of each job; all cores if left out")
    parser.add_argument("--ray", metavar="ADDRESS", help="as tasks of the Ray cluster there, or of this machine: local")
    add_request_options(parser)
    add_common_options(parser)
    add_host_options(parser)
    parser.set_defaults(run=batch)


def batch(options: argparse.Namespace, console: Console) -> int:
    """Works on every row that can be worked on. Returns 0 where all have finished, 1 where some have not, 130 where stopped.

    All that can be wrong with the rows themselves is reported before torch is imported.
    """
    from engine.batch.board import Board
    from engine.batch.entries import RECORDS, SHEET, read_entries
    from engine.cli.batch_table import BatchTable

    if options.threads is not None:
        check_integer("threads", options.threads, 1, 1024)
    entries = read_entries(options.file, request_values(options))
    if options.resume and not (options.output / RECORDS).is_file():
        raise BatchError(f"No batch has begun in {options.output}: give its folder, or leave out resume to begin one there.")
    able = [entry for entry in entries if entry.request is not None]
    for entry in entries:
        if entry.fault:
            console.emit(protocol.error("row", entry.fault) | {"row": entry.row})
    work = _work(options)
    board = Board(options.output, entries)
    table, stop = BatchTable(console, board), stop_on_signals()
    try:
        work(able, board, table.hear, stop)
    finally:
        table.close()
        board.write()
    counts = board.counts()
    summary = ", ".join(f"{count} {state}" for state, count in counts.items())
    console.note(f"{summary}: {options.output / SHEET}", error=console.json)
    if set(counts) == {"finished"}:
        return 0
    if stop():
        console.note("Stopped: run the same command to go on.", error=True)
        return 130
    console.note("The same command tries again what has not finished, once what is said above is mended.", error=True)
    return 1


def _work(options: argparse.Namespace) -> Callable[[list[Entry], Board, Hear, Callable[[], bool]], None]:
    """How the entries are worked on: on a host, over a cluster or here. Raises EngineError where that can't be."""
    if options.host:
        from engine.batch.there import work_there

        if options.ray or options.threads is not None:
            raise BatchError("A host works on its own, with the threads that it has: leave cluster and threads out.")
        host = host_of(options)
        return lambda entries, board, hear, stop: work_there(entries, board, host, hear, stop)

    import torch

    from engine.batch.cluster import import_ray, work_on_cluster
    from engine.batch.work import work_here
    from engine.pipeline.device import DEVICES, find_device

    threads = options.threads or torch.get_num_threads()
    if options.ray:
        import_ray()
        # The device is the nodes' own.
        check_choice("device", options.device, DEVICES)
        given = options.device, threads
        return lambda entries, board, hear, stop: work_on_cluster(entries, board, *given, hear, stop, options.ray)
    device = find_device(options.device)
    return lambda entries, board, hear, stop: work_here(entries, board, device, threads, hear, stop)
