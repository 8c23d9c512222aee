"""Work on the jobs of a batch by the engine on another computer: it has them all and takes them one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from engine.batch.board import Board
from engine.batch.entries import Entry
from engine.contract import protocol
from engine.contract.errors import EngineError
from engine.job.folder import JobFolder
from engine.job.resolve import resolve_new
from engine.remote.host import Host
from engine.remote.mirror import job_name
from engine.remote.relay import ENDS, Relay

# Seconds between two looks at whether to stop.
LOOK_EVERY_S = 0.2


def work_there(
    entries: list[Entry],
    board: Board,
    host: Host,
    emit: Callable[[Entry, dict[str, Any]], None],
    stop: Callable[[], bool],
) -> None:
    """Has every entry's job done on `host`, with its result in its folder here, until `stop`.

    emit: as for `work_here`. Raises HostError where the host can't be used.
    """
    open_jobs: dict[str, Entry] = {}
    faults: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        entry = open_jobs.get(message.get("job", ""))
        if entry is None:
            faults.extend([message] if message["type"] == "error" else [])
            return
        message = {key: value for key, value in message.items() if key != "job"}
        if message["type"] == "queued":
            return
        if message["type"] in ENDS:
            _end(entry, message, board, emit)
            del open_jobs[job_name(board.output / entry.name)]
            if not open_jobs:
                relay.close()
            return
        # The engine says that it begins, and then with which request.
        if message["type"] == "started" and "preset" not in message:
            board.begin(entry.row)
            return
        board.hear(entry.row, message)
        emit(entry, message)

    relay = Relay(host, hear)
    for entry in entries:
        folder = JobFolder(board.output / entry.name)
        outcome = _known(entry, folder)
        if outcome is None:
            name = job_name(folder.path)
            open_jobs[name] = entry
            relay.put({"type": "generate", "job": name, "folder": str(folder.path.absolute()), "request": _asked(entry),
                       "previews": ["image", "video"]})  # fmt: skip
        else:
            _end(entry, outcome, board, emit)
    if not open_jobs:
        return
    done = threading.Event()
    watcher = threading.Thread(target=_cancel_on, args=(stop, done, relay, open_jobs), daemon=True)
    watcher.start()
    try:
        relay.run()
    finally:
        done.set()
        watcher.join()
    for entry in open_jobs.values():
        # The relay ended before the job.
        _end(entry, faults[-1] if faults else protocol.cancelled(""), board, emit)


def _end(entry: Entry, outcome: dict[str, Any], board: Board, emit: Callable[[Entry, dict[str, Any]], None]) -> None:
    board.end(entry.row, outcome)
    emit(entry, outcome)


def _known(entry: Entry, folder: JobFolder) -> dict[str, Any] | None:
    """The last message of a job that needs no work: it is finished, or can't be; None for any other."""
    try:
        folder.check_same(resolve_new(entry.request, folder, draw_seed=not entry.seeded).request.as_dict())
    except EngineError as error:
        return protocol.error(error.kind, str(error))
    return protocol.result(str(folder.asset)) if folder.finished else None


def _asked(entry: Entry) -> dict[str, Any]:
    """The request as the host takes it, which draws a seed where none was given."""
    request = entry.request.as_dict()
    return request if entry.seeded else {key: value for key, value in request.items() if key != "seed"}


def _cancel_on(stop: Callable[[], bool], done: threading.Event, relay: Relay, open_jobs: dict[str, Entry]) -> None:
    while not done.wait(LOOK_EVERY_S):
        if stop():
            for name in list(open_jobs):
                relay.put({"type": "cancel", "job": name})
            return
