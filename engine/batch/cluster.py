"""The jobs of a batch as tasks of a Ray cluster: a card or some cores each, tried again where a node dies.

Job folders lie on storage that all nodes share. A task that finds a checkpoint goes on from it, so that a node that dies costs
what was done since the last one: ten seconds or so. Needs requirements/ray.txt.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
from engine.batch.board import Board
from engine.batch.entries import Entry
from engine.contract import protocol
from engine.contract.errors import BatchError
from engine.job.folder import JobFolder

LOCAL = "local"
# How often a job is begun again whose node or process has died.
RETRIES = 5
# Seconds that storage may take to let go of what a dead node had locked: NFS version 4 leases are 90 as a rule.
LOCK_PATIENCE = 180.0
# Seconds between two looks at what runs; those that jobs get to write their checkpoints where all is to stop; those that a
# cluster has to answer.
LOOK_EVERY, STOP_PATIENCE, CONNECT_PATIENCE = 1.0, 60.0, 10.0
# Tasks that are handed to the cluster for each that it can run at once: the next is there when one ends.
AHEAD = 2


def import_ray() -> Any:
    """Ray. Raises BatchError where it is not installed."""
    try:
        import ray
    except ImportError as error:
        raise BatchError("Ray is not installed here: install requirements/ray.txt, or leave the cluster out.") from error
    return ray


def work_on_cluster(
    entries: list[Entry],
    board: Board,
    device: str,
    threads: int,
    emit: Callable[[Entry, dict[str, Any]], None],
    stop: Callable[[], bool],
    address: str,
) -> None:
    """Works on the entries over the cluster at `address`, or over this machine's cores and cards where that is LOCAL, until
    `stop`. The rest as `engine.batch.work.work_here`.

    Raises BatchError where there is no such cluster, or it has not got what one job needs.
    """
    ray = import_ray()
    mine = not ray.is_initialized()
    if mine:
        _connect(ray, address)
    try:
        needs = {"num_gpus": 1, "num_cpus": 1} if device == "cuda" else {"num_cpus": threads}
        slots = _slots(ray, needs)
        task = ray.remote(**needs, max_retries=RETRIES)(_work)
        _Run(ray, task, board, emit).work(entries, (device, threads), stop, AHEAD * slots)
    finally:
        if mine:
            ray.shutdown()


class _Run:
    """One batch on a cluster."""

    def __init__(self, ray: Any, task: Any, board: Board, emit: Callable[[Entry, dict[str, Any]], None]) -> None:
        self.ray, self.task, self.board, self.emit = ray, task, board, emit
        # What the cluster has, and how far its messages are read.
        self.handed: dict[Any, tuple[Entry, _Messages]] = {}

    def work(self, entries: list[Entry], given: tuple[str, int], stop: Callable[[], bool], ahead: int) -> None:
        waiting = list(reversed(entries))
        while (waiting or self.handed) and not stop():
            while waiting and len(self.handed) < ahead:
                entry = waiting.pop()
                folder = (self.board.output / entry.name).absolute()
                messages = _Messages(JobFolder(folder).events)
                self.handed[self.task.remote(entry, str(folder), *given)] = entry, messages
            self._look()
        if self.handed:
            self._stop()

    def _look(self) -> None:
        """Waits a little; takes what has come of the jobs that run, and of those that have ended."""
        done, _ = self.ray.wait(list(self.handed), num_returns=len(self.handed), timeout=LOOK_EVERY)
        for entry, messages in self.handed.values():
            for message in messages.new():
                self.board.hear(entry.row, message)
                self.emit(entry, message)
        for reference in done:
            entry, _ = self.handed.pop(reference)
            self._end(entry, self._outcome(reference))

    def _stop(self) -> None:
        """Has every job write its checkpoint and leave; what has not begun stays as it was."""
        for reference in self.handed:
            self.ray.cancel(reference, force=False)
        done, late = self.ray.wait(list(self.handed), num_returns=len(self.handed), timeout=STOP_PATIENCE)
        for reference in (*done, *late):
            entry, _ = self.handed.pop(reference)
            if self.board.is_running(entry.row):
                kept = protocol.cancelled("Stopped; the last checkpoint is kept.")
                self._end(entry, self._outcome(reference, kept) if reference in done else kept)

    def _outcome(self, reference: Any, stopped: dict[str, Any] | None = None) -> dict[str, Any]:
        """The last message of a job that has ended. stopped: that of one that was interrupted."""
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.TaskCancelledError:
            return stopped or protocol.cancelled("The cluster stopped it; the last checkpoint is kept.")
        except self.ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[0][:200]
            return protocol.error("cluster", f"Its node or process died {RETRIES + 1} times ({reason}): see the cluster's log.")

    def _end(self, entry: Entry, outcome: dict[str, Any]) -> None:
        self.board.end(entry.row, outcome)
        self.emit(entry, outcome)


class _Messages:
    """The messages that are added to a job's events.jsonl from now on, whoever adds them. Those that end a job are left out:
    its task returns them."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, path.stat().st_size if path.is_file() else 0

    def new(self) -> list[dict[str, Any]]:
        try:
            with open(self.path, "rb") as file:
                file.seek(self.place)
                text = file.read()
        except OSError:
            return []
        lines = text[: text.rfind(b"\n") + 1]
        self.place += len(lines)
        found = []
        for line in lines.splitlines():
            try:
                message = json.loads(line)
            except ValueError:
                # A node that died may leave half a line, to which the next adds its own.
                continue
            if isinstance(message, dict) and message.get("type") in ("started", "progress", "preview", "gate"):
                found.append(message)
        return found


def _work(entry: Entry, folder: str, device: str, threads: int) -> dict[str, Any]:
    """One task: the entry's job, in a process on any node."""
    from engine.batch.work import work_on
    from engine.pipeline.device import find_device
    from engine.pipeline.outcome import outcome_of

    asked: list[int] = []
    # How Ray interrupts a task that is cancelled.
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        return outcome_of(
            lambda: work_on(
                entry, Path(folder), find_device(device), threads, lambda message: None, lambda: bool(asked), LOCK_PATIENCE
            )
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _connect(ray: Any, address: str) -> None:
    """Raises BatchError where there is no cluster at `address`."""
    # Nodes find the engine where this process has it; nothing is fetched from the net.
    root = str(Path(engine.__file__).resolve().parents[1])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {"PYTHONPATH": paths, "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE", "TRANSFORMERS_VERBOSITY": "error"}
    try:
        if match := re.fullmatch(r"(?:ray://)?([^:/]+):(\d+)", address):
            # Ray itself takes minutes to say that nobody is there.
            socket.create_connection((match[1], int(match[2])), CONNECT_PATIENCE).close()
        ray.init(
            address=None if address == LOCAL else address, runtime_env={"env_vars": variables}, log_to_driver=False,
            logging_level="ERROR", **({"include_dashboard": False} if address == LOCAL else {}),
        )  # fmt: skip
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise BatchError(f"No Ray cluster at {address} takes jobs ({reason}): start one, or name another.") from error


def _slots(ray: Any, needs: dict[str, int]) -> int:
    """How many jobs the cluster runs at once. Raises BatchError where no node has what one needs."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    names = {"num_cpus": "CPU", "num_gpus": "GPU"}
    slots = sum(min(int(node.get(names[key], 0) // count) for key, count in needs.items()) for node in nodes)
    if not slots:
        wanted = " and ".join(f"{count} {names[key]}" for key, count in needs.items())
        raise BatchError(f"No node of the cluster has what one job needs ({wanted}): name another device, or fewer threads.")
    return slots
