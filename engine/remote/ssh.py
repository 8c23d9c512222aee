"""OpenSSH's own programs, run for one host: command lines as lists, and one connection for all of them where that works."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..contract.errors import HostError, UnreachableError
from .host import Host
from .reasons import explain

# Seconds. Of a connection that is silent, the end is noticed after ALIVE_S times ALIVE_COUNT.
CONNECT_S, ALIVE_S, ALIVE_COUNT = 15, 10, 3
ANSWER_S = 600.0
_POLL_S = 0.02
_OPTIONS = {
    # Nobody is there to type a password.
    "BatchMode": "yes", "ConnectTimeout": str(CONNECT_S), "ServerAliveInterval": str(ALIVE_S),
    "ServerAliveCountMax": str(ALIVE_COUNT),
    # What a person's configuration has for a terminal.
    "ClearAllForwardings": "yes", "ForwardX11": "no", "PermitLocalCommand": "no", "RemoteCommand": "none", "RequestTTY": "no",
}  # fmt: skip


class Ssh:
    """Runs programs on a host. What waits asks `stopped` whether to give up, and raises InterruptedError then.

    Use as a context: at its end the folder of the shared connection is gone.
    """

    def __init__(self, host: Host, stopped: Callable[[], bool] = lambda: False) -> None:
        """Raises HostError where there is no `ssh`."""
        self.host, self.stopped = host, stopped
        # What the last program exited with.
        self.code: int | None = None
        for program in ("ssh", "sftp"):
            if shutil.which(program) is None:
                raise HostError(f"There is no `{program}` on this computer: install OpenSSH's client.")
        self._folder: Path | None = None
        if self._shares():
            # A socket's path has about 100 characters at most.
            self._folder = Path(tempfile.mkdtemp(prefix="mav3d-", dir="/tmp"))

    def __enter__(self) -> Ssh:
        return self

    def __exit__(self, *details: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Starts a command there with pipes to it; the other calls share its connection while it lasts. Raises HostError."""
        if self._folder is not None:
            self._socket.unlink(missing_ok=True)
        return _start(["ssh", "-T", *self._options("yes"), "--", self.host.name, command])

    def ask(self, request: dict[str, Any], python: str = "", path: str = "") -> dict[str, Any]:
        """What the files program there answers to a request. Raises HostError."""
        command = self.host.module("engine.remote", "files", python=python, path=path)
        arguments = ["ssh", "-T", *self._options("no"), "--", self.host.name, command]
        said = self._run(arguments, json.dumps(request).encode() + b"\n")
        answers = [line for line in said.splitlines() if line.startswith(b'{"answer"')]
        if not answers:
            raise HostError(f"{self.host.name} gave no answer: run `ssh {self.host.name}` to see what it says.")
        return json.loads(answers[-1])["answer"]

    def run(self, command: str, take: Callable[[str], None] | None = None) -> str:
        """Runs a command there to its end; what it says on stdout, each line of which goes to `take` as it comes. Raises
        HostError."""
        arguments = ["ssh", "-T", *self._options("no"), "--", self.host.name, command]
        if take is None:
            return self._run(arguments, b"").decode("utf-8", "replace")
        child = _start(arguments)
        child.stdin.close()
        lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        errors: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: [*map(lines.put, child.stdout), lines.put(None)], daemon=True),
            threading.Thread(target=lambda: errors.extend(child.stderr), daemon=True),
        ]
        for thread in threads:
            thread.start()
        while True:
            if self.stopped():
                end(child)
                raise InterruptedError
            try:
                line = lines.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if line is None:
                break
            take(line.decode("utf-8", "replace"))
        self.code = child.wait()
        threads[1].join(1.0)
        if self.code != 0:
            raise explain(self.host, self.code, b"".join(errors).decode("utf-8", "replace"))
        return ""

    def sftp(self, lines: list[str]) -> None:
        """Runs sftp's commands, to the first that fails. Raises HostError."""
        self._run(["sftp", "-q", "-b", "-", *self._options("no"), "--", self.host.name], "\n".join(lines).encode() + b"\n")

    @property
    def _socket(self) -> Path:
        return self._folder / "socket"

    def _shares(self) -> bool:
        """Whether one connection is to serve all; not where the person's own configuration sees to that already."""
        if sys.platform == "win32":
            return False
        arguments = ["ssh", "-G", *self._config(), "--", self.host.name]
        said = subprocess.run(arguments, capture_output=True, stdin=subprocess.DEVNULL).stdout.decode("utf-8", "replace")
        return not re.search(r"^controlpath (?!none$)", said, re.MULTILINE)

    def _config(self) -> list[str]:
        return ["-F", self.host.config] if self.host.config else []

    def _options(self, master: str) -> list[str]:
        options = dict(_OPTIONS)
        if self._folder is not None:
            options |= {"ControlMaster": master, "ControlPath": str(self._socket), "ControlPersist": "no"}
        return [*self._config(), *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]

    def _run(self, arguments: list[str], data: bytes) -> bytes:
        """Runs a program to its end; what it says. Raises HostError."""
        child = _start(arguments)
        results: list[tuple[bytes, bytes]] = []
        thread = threading.Thread(target=lambda: results.append(child.communicate(data)), daemon=True)
        thread.start()
        until = time.monotonic() + ANSWER_S if arguments[0] == "ssh" else None
        while thread.is_alive():
            late = until is not None and time.monotonic() > until
            if late or self.stopped():
                end(child)
                thread.join(1.0)
                raise UnreachableError(f"{self.host.name} gave no answer.") if late else InterruptedError
            thread.join(_POLL_S)
        said, error = results[0] if results else (b"", b"")
        self.code = child.returncode
        if child.returncode != 0:
            raise explain(self.host, child.returncode, error.decode("utf-8", "replace"))
        return said


def end(child: subprocess.Popen[bytes]) -> None:
    """Ends a program and what it started."""
    try:
        if os.name == "nt":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended already
    child.wait()


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {}
    if os.name == "nt":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW
    else:
        # Ctrl-C in a terminal is for whoever started it, and not for the connection.
        options["process_group"] = 0
    try:
        return subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, **options
        )
    except OSError as error:
        raise HostError(f"`{arguments[0]}` can't be started ({error.strerror or error}).") from error
