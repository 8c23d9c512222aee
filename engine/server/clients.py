"""Those who are connected with a lasting engine: each takes all that is said, and first what was said before."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

from engine.contract import protocol
from engine.remote.records import Records

# Messages that wait for one who does not take them; then the connection ends, and the next one begins with what is left.
MAX_UNSENT = 10_000


class Clients:
    """Sends messages to everyone connected. hello: what each is greeted with."""

    def __init__(self, hello: dict[str, Any]) -> None:
        self._hello, self._records = hello, Records()
        self._lock = threading.Lock()
        self._connected: dict[socket.socket, queue.Queue[bytes | None]] = {}
        self.unheard = False

    @property
    def count(self) -> int:
        with self._lock:
            return len(self._connected)

    def send(self, message: dict[str, Any]) -> None:
        """From any thread; never waits. `unheard` is whether the end of a job was said to nobody. Raises ValueError for what is
        no message."""
        line = _line(message)
        with self._lock:
            self._records.note(message)
            ended = message["type"] in ("result", "cancelled", "error") and "job" in message
            self.unheard |= ended and not self._connected
            for connection, unsent in list(self._connected.items()):
                try:
                    unsent.put_nowait(line)
                except queue.Full:
                    self._drop(connection)

    def serve(self, connection: socket.socket, take: Callable[[bytes], None]) -> None:
        """Greets one who has connected, and hands each line that comes to `take`, until the connection ends."""
        unsent: queue.Queue[bytes | None] = queue.Queue(MAX_UNSENT)
        with self._lock:
            for message in (self._hello | {"jobs": self._records.jobs()}, *self._records.replay()):
                unsent.put_nowait(_line(message))
            self._connected[connection] = unsent
            self.unheard = False
        writer = threading.Thread(target=_write, args=(connection, unsent), daemon=True)
        writer.start()
        try:
            for line in protocol.lines(connection.recv):
                take(line)
        except OSError:
            pass  # it is gone
        with self._lock:
            self._drop(connection)
        writer.join()
        connection.close()

    def close(self, seconds: float) -> None:
        """Ends all connections when what there is to say is said, or after `seconds`."""
        with self._lock:
            connected = dict(self._connected)
        for connection, unsent in connected.items():
            try:
                unsent.put(None, timeout=seconds)
            except queue.Full:
                _shut(connection)
        # The threads that serve them close them.
        for thread in [each for each in threading.enumerate() if each.name == "client"]:
            thread.join(seconds)

    def _drop(self, connection: socket.socket) -> None:
        unsent = self._connected.pop(connection, None)
        if unsent is not None:
            _shut(connection)
            try:
                unsent.put_nowait(None)
            except queue.Full:
                pass  # the shut connection ends its writer


def _line(message: dict[str, Any]) -> bytes:
    return protocol.encode(message).encode("ascii") + b"\n"


def _write(connection: socket.socket, unsent: queue.Queue[bytes | None]) -> None:
    try:
        while (line := unsent.get()) is not None:
            connection.sendall(line)
    except OSError:
        pass  # it is gone
    _shut(connection)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is gone already
