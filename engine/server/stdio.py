"""The standard streams as the protocol needs them: nothing but messages goes through."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from engine.contract import protocol


def take_streams() -> tuple[int, int]:
    """Takes stdin and stdout away for the protocol alone and returns the two file descriptors.

    What reads stdin then finds it empty, and what prints, a library or a program it starts, prints to stderr. On Windows it
    also keeps libraries from waiting, while they load, for the thread that reads stdin. A stream that was closed by whoever
    started this is one that nobody writes to or reads.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    _open_closed()
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import msvcrt

        # Line ends as they are, and no byte that means the end.
        for descriptor in (source, sink):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return source, sink


def _open_closed() -> None:
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != descriptor:
                os.dup2(nothing, descriptor)
                os.close(nothing)


class Output:
    """Sends messages, whole lines from any thread. `closed` when nobody takes them any more, from when on they are dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lock = descriptor, threading.Lock()
        self.closed = False

    def send(self, message: dict[str, Any]) -> None:
        """Raises ValueError for what is no message."""
        rest = memoryview(protocol.encode(message).encode("ascii") + b"\n")
        with self._lock:
            try:
                while len(rest) and not self.closed:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError:
                self.closed = True
