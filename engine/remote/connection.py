"""One connection with the engine on a host, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from ..contract import protocol
from .ssh import Ssh, end

TAIL_LINES = 40


class Connection:
    """Starts at once. take: called from a thread with each message that comes, then with None when the connection has ended."""

    def __init__(self, ssh: Ssh, take: Callable[[Connection, dict[str, Any] | None], None]) -> None:
        """Raises HostError."""
        host = ssh.host
        self._child: subprocess.Popen[bytes] = ssh.start(host.module("engine.remote", "attach", host.work, host.device))
        self._take, self._tail = take, deque(maxlen=TAIL_LINES)
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._errors.start()
        self._reader.start()

    @property
    def code(self) -> int | None:
        """What `ssh` exited with; None before its end."""
        return self._child.poll()

    @property
    def said(self) -> str:
        """What came on stderr last."""
        return "\n".join(self._tail)

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message; one that can't be sent any more is lost, and the end of the connection follows."""
        try:
            rest = memoryview(protocol.encode(message).encode("ascii") + b"\n")
            while len(rest):
                rest = rest[self._child.stdin.write(rest) or 0 :]
        except (OSError, ValueError):
            self.cut()

    def cut(self) -> None:
        """Ends it; the engine there stays."""
        end(self._child)

    def close(self, seconds: float) -> None:
        """Ends it, with `seconds` for what is still under way to come."""
        try:
            self._child.stdin.close()
        except OSError:
            pass  # the other end is gone
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.cut()
        self._reader.join(1.0)

    def _read(self) -> None:
        for line in protocol.lines(lambda size: os.read(self._child.stdout.fileno(), size)):
            try:
                message = protocol.decode(line)
            except ValueError:
                # What a shell there says at the start.
                continue
            self._take(self, message)
        self._child.wait()
        self._errors.join(1.0)
        self._take(self, None)

    def _read_errors(self) -> None:
        for line in self._child.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            self._tail.append(text)
            print(text, file=sys.stderr, flush=True)
