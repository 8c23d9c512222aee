"""The far side of a connection: finds the engine that serves this user here, or starts it, and passes bytes to and fro."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from ..contract.version import VERSION
from .reasons import ENGINE_ENDED

START_S, LOOK_EVERY_S = 120.0, 0.05
TAIL_BYTES = 4000
_BLOCK = 2**16
# The folder that holds `engine/`.
_ROOT = Path(os.path.abspath(__file__)).parents[2]


def name_of(device: str) -> str:
    """What an engine's socket, lock and log are called, but for their endings: each version and device has its own."""
    return f"engine-{VERSION}-{device.replace(':', '-')}"


def attach(work: Path, device: str) -> int:
    """Connects stdin and stdout with the engine; returns the exit code: 0 where stdin was closed, which the engine outlives,
    ENGINE_ENDED where the engine ended, with what it said last on stderr."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A socket's path has about 100 characters at most; from its own folder it is short.
    os.chdir(work)
    engine, until, starts = None, time.monotonic() + START_S, 0
    while time.monotonic() < until:
        connection = _connect(f"{name_of(device)}.socket")
        if connection is not None:
            first = connection.recv(_BLOCK)
            if first:
                return _pump(connection, first, device)
            # It is about to leave.
            connection.close()
        if engine is None or engine.poll() is not None:
            if starts and (engine is None or engine.returncode != 0):
                break
            engine, starts = _start_engine(device), starts + 1
        time.sleep(LOOK_EVERY_S)
    _say_end(device)
    return ENGINE_ENDED


def _connect(name: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(name)
    except OSError:
        connection.close()
        return None
    return connection


def _start_engine(device: str) -> subprocess.Popen[bytes]:
    """An engine that outlives this process and its connection; where another was quicker it ends at once, with 0."""
    command = [sys.executable, "-P", "-u", "-m", "engine", "serve", "--device", device, "--lasting", "."]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with open(f"{name_of(device)}.log", "ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )


def _pump(connection: socket.socket, first: bytes, device: str) -> int:
    try:
        _write(first)
        while True:
            ready, _, _ = select.select([0, connection], [], [])
            if connection in ready:
                data = connection.recv(_BLOCK)
                if not data:
                    _say_end(device)
                    return ENGINE_ENDED
                _write(data)
            if 0 in ready:
                data = os.read(0, _BLOCK)
                if not data:
                    return 0
                connection.sendall(data)
    except BrokenPipeError:
        return 0
    except OSError:
        _say_end(device)
        return ENGINE_ENDED


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while len(rest):
        rest = rest[os.write(1, rest) :]


def _say_end(device: str) -> None:
    """What the engine said last, for whoever wonders why it ended."""
    try:
        with open(f"{name_of(device)}.log", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL_BYTES))
            sys.stderr.write(log.read().decode("utf-8", "replace"))
    except OSError:
        pass  # it had not begun to speak
