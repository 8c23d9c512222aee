"""The engine as a server that outlives its connections: a job goes on when the network does not, and is found again.

Messages go through a Unix socket that only this user may open. It ends when `shutdown` comes or a signal, or when nothing is
left to do for some time: its end is bounded whatever becomes of those who asked.
"""

from __future__ import annotations

import functools
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from engine.contract.errors import HostError
from engine.remote.attach import name_of
from engine.server.clients import Clients
from engine.server.queue import Queue
from engine.server.reader import Reader
from engine.server.serve import Leaving, hello, work_until_asked

# How long it stays with nothing to do and nobody there, and how long if the end of a job has not been heard yet.
IDLE_SECONDS, UNHEARD_SECONDS = 600.0, 24 * 3600.0
_LOOK_EVERY = 0.5
_GOODBYE_SECONDS = 2.0


def serve_lasting(
    folder: Path, device: str, idle_seconds: float = IDLE_SECONDS, unheard_seconds: float = UNHEARD_SECONDS
) -> int:
    """Serves whoever connects to the socket in `folder`; returns the exit code, 0 at once where another does so already."""
    if sys.platform == "win32":
        raise HostError("An engine that outlives its connection needs Unix sockets as Linux and macOS have them.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A socket's path has about 100 characters at most; from its own folder it is short.
    os.chdir(folder)
    name = name_of(device)
    lock = FileLock(f"{name}.lock", fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return 0
    path = Path(f"{name}.socket")
    listener = _listen(path)
    try:
        return _serve(device, listener, functools.partial(path.unlink, missing_ok=True), idle_seconds, unheard_seconds)
    finally:
        path.unlink(missing_ok=True)
        listener.close()
        lock.release()


def _serve(
    device: str, listener: socket.socket, clean_up: Callable[[], None], idle_seconds: float, unheard_seconds: float
) -> int:
    clients = Clients(hello(device) | {"folder": os.getcwd()})
    leave = Leaving(clean_up=clean_up)
    queue = Queue(clients.send)
    reader = Reader(queue, clients.send, leave.ask)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=clients.serve, args=(connection, reader.take), daemon=True, name="client").start()

    def watch() -> None:
        lifetime = Lifetime(idle_seconds, unheard_seconds)
        while not lifetime.over(time.monotonic(), queue.busy or clients.count > 0, clients.unheard):
            time.sleep(_LOOK_EVERY)
        leave.ask()

    for run in (leave.watch, accept, watch):
        threading.Thread(target=run, daemon=True).start()
    code = work_until_asked(device, queue, clients.send, leave)
    clean_up()
    clients.close(_GOODBYE_SECONDS)
    return code


def _listen(path: Path) -> socket.socket:
    # Left by an engine that was killed: whoever holds the lock is alone.
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen()
    return listener


class Lifetime:
    """How long an engine with nothing to do stays, in seconds: `idle`, or `unheard` where nobody knows yet how a job ended."""

    def __init__(self, idle: float, unheard: float) -> None:
        self.idle, self.unheard = idle, unheard
        self._since: float | None = None

    def over(self, now: float, needed: bool, unheard: bool) -> bool:
        """Whether its time is over at `now`. needed: it works, or someone is connected."""
        if needed or self._since is None:
            self._since = now
        return now - self._since >= (self.unheard if unheard else self.idle)
