"""Reads and writes messages through pipes in threads, so that a full or an empty pipe never blocks Blender."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, BinaryIO

from ...common.contract import protocol

# Of received messages that nobody has taken; the engine waits while they are reached.
MAX_MESSAGES, MAX_BYTES = 500, 8 * 2**20
MAX_UNSENT = 1000
# Of lines that are no messages, so many go into the log, and so many characters of each.
LOGGED_LINES, LOGGED_CHARACTERS = 100, 200


class Inbox:
    """Reads messages from `source` until it ends. note: logs a sentence about each line that is no message."""

    def __init__(self, source: BinaryIO, note: Callable[[str], None]) -> None:
        self.invalid_lines = 0
        self._source, self._note = source, note
        self._messages: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes, self._half, self._discarding = 0, False, False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether `source` has ended."""
        return not self._thread.is_alive()

    def take(self) -> dict[str, Any] | None:
        """The next message; None where there is none yet. Never waits."""
        with self._changed:
            if not self._messages:
                return None
            message, size = self._messages.popleft()
            self._bytes -= size
            self._changed.notify()
            return message

    def discard(self) -> None:
        """Drops all messages, now and later, so that the engine can write what it has and leave."""
        with self._changed:
            self._discarding = True
            self._messages.clear()
            self._bytes = 0
            self._changed.notify()

    def _read(self) -> None:
        try:
            for line in protocol.lines(self._block):
                self._take_line(line)
        except OSError as error:
            self._note(f"the engine's messages can't be read any more: {error}")
        if self._half:
            self._log_invalid("its last line has no end")
        self._source.close()

    def _block(self, size: int) -> bytes:
        block = os.read(self._source.fileno(), size)
        if block:
            self._half = not block.endswith(b"\n")
        return block

    def _take_line(self, line: bytes) -> None:
        try:
            message = protocol.decode(line)
        except ValueError as error:
            text = line[: LOGGED_CHARACTERS + 1].decode("utf-8", "replace")
            text = text if len(text) <= LOGGED_CHARACTERS else text[:LOGGED_CHARACTERS] + "..."
            self._log_invalid(f"{text!r} ({str(error)[:LOGGED_CHARACTERS]})")
            return
        with self._changed:
            while not self._discarding and (len(self._messages) >= MAX_MESSAGES or self._bytes >= MAX_BYTES):
                self._changed.wait()
            if not self._discarding:
                self._messages.append((message, len(line)))
                self._bytes += len(line)

    def _log_invalid(self, what: str) -> None:
        self.invalid_lines += 1
        if self.invalid_lines <= LOGGED_LINES:
            self._note(f"no message: {what}")
        elif self.invalid_lines == LOGGED_LINES + 1:
            self._note("no message: more lines like these are not logged")


class Outbox:
    """Writes messages to `sink`. At most MAX_UNSENT wait in its queue."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lines: queue.Queue[bytes | None] = queue.Queue(MAX_UNSENT)
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, message: dict[str, Any]) -> bool:
        """Queues a message; False where the queue is full. Raises ValueError for what is no message."""
        line = protocol.encode(message).encode("ascii") + b"\n"
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Closes `sink` when all is written, which tells the engine to end. Where it reads nothing, its end closes `sink`."""
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            # The engine does not read; what is unsent is dropped.
            while not self._lines.empty():
                try:
                    self._lines.get_nowait()
                except queue.Empty:
                    break
            self._lines.put_nowait(None)

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                rest = memoryview(line)
                while len(rest):
                    rest = rest[self._sink.write(rest) or 0 :]
        except OSError:
            pass  # the engine is gone; its end is noticed elsewhere
        try:
            self._sink.close()
        except OSError:
            pass
