"""The engine as a child process: starts it, sends and receives messages, and ends it, without blocking Blender. No bpy."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from ...common import subprocesses
from ...common.contract import protocol
from ...common.remote import Host
from .. import messages
from .exit_reason import AGAIN, LOG, ExitReason, explain_exit, explain_start_failure
from .log import EngineLog
from .pipes import Inbox, Outbox
from .shutdown import AFTER_SIGNAL_S, Shutdown, send_interrupt

# An engine that saves takes about 12 seconds to leave, at most.
GRACE_S = 15.0
# How long to wait after a kill, and for the last messages after the end.
AFTER_KILL_S, AFTER_END_S = 3.0, 1.0
EXPLANATION_LINES = 15
MAX_REASON = 500


class EngineProcess:
    """One engine process at a time.

    command: its arguments, the interpreter first. folder: the one that holds `engine/`. log: the file for what it prints.
    offline: whether its libraries must not go online. hello_seconds: how long it may take to send `hello`. lasting: whether
    what it speaks for goes on without it, as an engine on another computer does.

    state: "stopped", "starting" until `hello`, "ready", "stopping", or "failed" with `reason` and `advice`, a sentence each.
    hello: the engine's first message. Both change in `start`, `poll`, `stop` and `close` only, so call `poll` often.
    """

    def __init__(
        self,
        command: list[str],
        folder: Path,
        log: Path,
        offline: bool = True,
        hello_seconds: float = 120.0,
        lasting: bool = False,
    ) -> None:
        self.command, self.folder, self.log = list(command), folder, log
        self.offline, self.hello_seconds, self.lasting = offline, hello_seconds, lasting
        self.state, self.reason, self.advice = "stopped", "", ""
        self.hello: dict[str, Any] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._log: EngineLog | None = None
        self._inbox: Inbox | None = None
        self._outbox: Outbox | None = None
        self._shutdown: Shutdown | None = None
        self._started_at = 0.0
        self._ended_at: float | None = None
        self._interrupted = False
        self._last_error: ExitReason | None = None

    @property
    def pid(self) -> int | None:
        """The process number; None where there is no process."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether there is a process whose end has not been handled; start no other engine until then."""
        return self._child is not None

    @property
    def invalid_lines(self) -> int:
        """How many received lines were no messages."""
        return self._inbox.invalid_lines if self._inbox else 0

    def start(self) -> None:
        """Starts the process, if there is none; `state` says whether that worked."""
        if self._child is not None:
            return
        self.state, self.reason, self.advice, self.hello = "starting", "", "", {}
        self._interrupted, self._last_error, self._ended_at, self._shutdown = False, None, None, None
        self._started_at = time.monotonic()
        try:
            self._log = EngineLog(self.log)
        except OSError as error:
            reason = f"The engine's log {self.log} can't be written ({error.strerror or error})."
            self._fail(ExitReason(reason, "Make room, or mend access to its folder."))
            return
        try:
            self._child = subprocesses.start(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log.file,
                cwd=self.folder, env=environment(self.folder, self.offline), bufsize=0,
            )  # fmt: skip
        except OSError as error:
            self._fail(explain_start_failure(error, self.command[0], self.folder.is_dir()))
            self._log.close()
            return
        self._inbox = Inbox(self._child.stdout, self._log.note)
        self._outbox = Outbox(self._child.stdin)

    def send(self, message: dict[str, Any]) -> bool:
        """Queues a message; False where there is no engine to take it. Raises ValueError for what is no message."""
        if self._child is None or self.state not in ("starting", "ready"):
            return False
        if self._outbox.put(message):
            return True
        self._give_up(ExitReason("The engine takes no messages any more.", LOG))
        return False

    def poll(self, budget_s: float = 0.02, max_messages: int = 200) -> list[dict[str, Any]]:
        """The messages since the last call, at most `max_messages`; never waits, and returns within `budget_s` seconds.

        Of several messages on a job's progress only the last is kept.
        """
        if self._child is None:
            return []
        deadline, drained = time.monotonic() + budget_s, False
        received: dict[Any, dict[str, Any]] = {}
        while len(received) < max_messages and time.monotonic() < deadline:
            message = self._inbox.take()
            if message is None:
                drained = True
                break
            if self._accept(message):
                # Nothing between them depends on the earlier ones.
                key = str(message.get("job")) if message["type"] == "progress" else len(received)
                received.pop(key, None)
                received[key] = message
        self._watch(drained)
        return list(received.values())

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Asks the engine to end, in a thread: a signal follows after `grace_s` seconds, then a kill of all it started. Call
        `poll` until the state is "stopped"."""
        if self._child is None:
            return
        if self.state in ("starting", "ready"):
            self.send({"type": "shutdown"})
        self._leave(grace_s)

    def leave(self, grace_s: float = GRACE_S) -> None:
        """The same for one that is not needed for now: what is lasting goes on."""
        if self._child is None:
            return
        if self.lasting:
            self._leave(grace_s)
        else:
            self.stop(grace_s)

    def _leave(self, grace_s: float) -> None:
        if self.state != "failed":
            self.state = "stopping"
        self._end(grace_s)

    def interrupt(self, grace_s: float = 60.0) -> None:
        """Asks the engine by a signal to save and leave, once: a second signal would end it at once. After `grace_s` seconds it
        is ended as in `stop`."""
        if self._child is None or self._interrupted:
            return
        self._interrupted = True
        if self.state != "failed":
            self.state = "stopping"
        send_interrupt(self._child)
        self._end(grace_s)

    def close(self, timeout: float) -> None:
        """Ends the engine and all it started, but what is lasting; waits `timeout` seconds and a moment at most."""
        if self._child is None:
            return
        self._inbox.discard()
        self.leave(max(0.0, timeout - AFTER_SIGNAL_S))
        self._shutdown.join(timeout + AFTER_KILL_S)
        self._finish()

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log of this engine, or of the one before."""
        return "\n".join(self._log.tail(lines)) if self._log else ""

    def _accept(self, message: dict[str, Any]) -> bool:
        """Whether `poll` passes the message on; handles `hello`, and refuses what comes before it."""
        kind = message["type"]
        if self.state == "failed":
            return False
        if kind == "hello":
            if message.get("protocol") != protocol.VERSION:
                versions = f"version {message.get('protocol')!r} of the protocol, and this extension version {protocol.VERSION}"
                self._give_up(ExitReason(f"The engine speaks {versions}.", AGAIN))
                return False
            self.hello = message
            if self.state == "starting":
                self.state = "ready"
        self._last_error = None
        if kind == "error" and "job" not in message and "id" not in message and message.get("kind") != "protocol":
            # If it ends next, this is why.
            reason = messages.text_of(message.get("message"))[:MAX_REASON]
            self._last_error = ExitReason(reason or "The engine failed.", messages.advice_of(message))
        return bool(self.hello)

    def _watch(self, drained: bool) -> None:
        """Handles the end of the process, and a `hello` that takes too long. drained: whether no message waits."""
        now = time.monotonic()
        if self.state == "starting" and now - self._started_at > self.hello_seconds:
            self._give_up(ExitReason(f"The engine was not ready within {self.hello_seconds:.0f} seconds.", LOG))
        if self._child.poll() is None:
            return
        self._ended_at = now if self._ended_at is None else self._ended_at
        # Something that it started may hold its pipe open for ever.
        if drained and (self._inbox.ended or now - self._ended_at > AFTER_END_S):
            # Ends what it left behind, if anything is.
            self._end(0.0)
            if not self._shutdown.alive:
                self._finish()

    def _finish(self) -> None:
        """The process and its children have ended."""
        code, was_ready = self._child.returncode, bool(self.hello)
        self._log.note(f"ended with exit status {code}, {self.invalid_lines} lines were no messages")
        if self.state == "stopping":
            self.state = "stopped"
        elif self.state != "failed":
            self._fail(self._last_error or explain_exit(code, self._log.tail(EXPLANATION_LINES), was_ready))
        self._log.close()
        self._child = None

    def _fail(self, reason: ExitReason) -> None:
        self.state, self.reason, self.advice = "failed", reason.reason, reason.advice

    def _give_up(self, reason: ExitReason) -> None:
        self._fail(reason)
        self._end(0.0)

    def _end(self, grace_s: float) -> None:
        """Closes stdin and starts the shutdown, or moves it forward."""
        if self._shutdown is None:
            self._outbox.close()
            self._shutdown = Shutdown(self._child, grace_s)
        else:
            self._shutdown.within(grace_s)


def engine_command(python: Path, *arguments: str) -> list[str]:
    """What runs the engine's command line, unbuffered. -P keeps the current folder off the module path."""
    return [os.fspath(python), "-P", "-u", "-m", "engine", *arguments]


def relay_command(python: Path, host: Host) -> list[str]:
    """What speaks for the engine on a host; any Python 3.11 runs it."""
    return [os.fspath(python), "-P", "-u", "-m", "engine.remote", "relay", host.name, host.folder, host.device, host.config]


def environment(folder: Path, offline: bool) -> dict[str, str]:
    """The environment variables of an engine. folder: the one that holds `engine/`."""
    more = {"HF_HUB_OFFLINE": "1"} if offline else {}
    return subprocesses.environment(PYTHONPATH=os.fspath(folder), PYTHONDONTWRITEBYTECODE="1", **more)
