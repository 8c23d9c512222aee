"""The engine as a child process: started, told, heard and ended without ever making Blender wait. No bpy."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

from ..common.contract import protocol
from ..setup import child
from . import messages as heard
from .exit_reason import AGAIN, LOG, End, explain, not_started
from .log import EngineLog
from .pipes import Inbox, Outbox
from .shutdown import AFTER_SIGNAL, Ending, interrupt

# An engine that saves takes about 12 seconds to leave, at most.
GRACE = 15.0
# How long is waited after a kill, and after its end for the last of its messages.
AFTER_KILL, AFTER_END = 3.0, 1.0
EXPLAINING_LINES = 15
LONGEST_REASON = 500


class EngineProcess:
    """One engine at a time.

    command: its arguments, the interpreter first. folder: where it runs, the one with `engine/` in it. log: the file that takes
    what it prints. offline: whether its libraries may not go online. hello_seconds: how long it may take to be ready.

    state: "stopped", "starting" until it says `hello`, "ready", "stopping", or "failed", with `reason` and `advice`, a sentence
    each. hello: what it opened with. Both change in `start`, `poll`, `stop` and `close` only, so call `poll` often.
    """

    def __init__(
        self, command: list[str], folder: Path, log: Path, offline: bool = True, hello_seconds: float = 120.0
    ) -> None:
        self.command, self.folder, self.log = list(command), folder, log
        self.offline, self.hello_seconds = offline, hello_seconds
        self.state, self.reason, self.advice = "stopped", "", ""
        self.hello: dict[str, Any] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._log: EngineLog | None = None
        self._inbox: Inbox | None = None
        self._outbox: Outbox | None = None
        self._ending: Ending | None = None
        self._began = 0.0
        self._gone_at: float | None = None
        self._interrupted = False
        self._complaint: End | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None where there is none."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether it runs, or has yet to be seen to have ended; no other engine should be started until it has."""
        return self._child is not None

    @property
    def garbage(self) -> int:
        """How many lines came that are no messages."""
        return self._inbox.garbage if self._inbox else 0

    def start(self) -> None:
        """Starts it, if it does not run; whatever is wrong with that is in `state` afterwards."""
        if self._child is not None:
            return
        self.state, self.reason, self.advice, self.hello = "starting", "", "", {}
        self._interrupted, self._complaint, self._gone_at, self._ending = False, None, None, None
        self._began = time.monotonic()
        try:
            self._log = EngineLog(self.log)
        except OSError as error:
            reason = f"The engine's log {self.log} can't be written ({error.strerror or error})."
            self._fail(End(reason, "Make room, or mend access to its folder."))
            return
        try:
            self._child = child.start(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log.file,
                cwd=self.folder, env=environment(self.offline), bufsize=0,
            )  # fmt: skip
        except OSError as error:
            self._fail(not_started(error, self.command[0], self.folder.is_dir()))
            self._log.close()
            return
        self._inbox = Inbox(self._child.stdout, self._log.note)
        self._outbox = Outbox(self._child.stdin)

    def send(self, message: dict[str, Any]) -> bool:
        """Sends a message soon; False where there is no engine to take it. Raises ValueError for what is no message."""
        if self._child is None or self.state not in ("starting", "ready"):
            return False
        if self._outbox.put(message):
            return True
        self._give_up(End("The engine takes no messages any more.", LOG))
        return False

    def poll(self, budget_s: float = 0.02, most: int = 200) -> list[dict[str, Any]]:
        """What the engine said since, at most `most` messages; never waits, and ends after `budget_s` seconds.

        Of several messages on a job's progress the last is kept.
        """
        if self._child is None:
            return []
        deadline, drained = time.monotonic() + budget_s, False
        heard: dict[Any, dict[str, Any]] = {}
        while len(heard) < most and time.monotonic() < deadline:
            message = self._inbox.take()
            if message is None:
                drained = True
                break
            if self._is_welcome(message):
                # Its later place is right as well: nothing before it depends on it.
                key = str(message.get("job")) if message["type"] == "progress" else len(heard)
                heard.pop(key, None)
                heard[key] = message
        self._look(drained)
        return list(heard.values())

    def stop(self, grace_s: float = GRACE) -> None:
        """Asks it to end, and sees to it in a thread: a signal follows after `grace_s` seconds, and then a kill of all it
        started. Call `poll` until the state is "stopped"."""
        if self._child is None:
            return
        if self.state in ("starting", "ready"):
            self.send({"type": "shutdown"})
        if self.state != "failed":
            self.state = "stopping"
        self._end(grace_s)

    def interrupt(self, grace_s: float = 60.0) -> None:
        """Asks it by a signal to save and leave; once, since the second would end it at once. It is ended as in `stop` where it
        does not within `grace_s` seconds."""
        if self._child is None or self._interrupted:
            return
        self._interrupted = True
        if self.state != "failed":
            self.state = "stopping"
        interrupt(self._child)
        self._end(grace_s)

    def close(self, timeout: float) -> None:
        """Ends it for good, waiting `timeout` seconds and a moment at most: it and all it started are gone then."""
        if self._child is None:
            return
        self._inbox.discard()
        self.stop(max(0.0, timeout - AFTER_SIGNAL))
        self._ending.join(timeout + AFTER_KILL)
        self._finish()

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log of this engine, or of the one before."""
        return "\n".join(self._log.tail(lines)) if self._log else ""

    def _is_welcome(self, message: dict[str, Any]) -> bool:
        """Takes `hello` itself; what comes before it is none of ours."""
        kind = message["type"]
        if self.state == "failed":
            return False
        if kind == "hello":
            if message.get("protocol") != protocol.VERSION:
                told = f"version {message.get('protocol')!r} of the protocol, and this extension version {protocol.VERSION}"
                self._give_up(End(f"The engine speaks {told}.", AGAIN))
                return False
            self.hello = message
            if self.state == "starting":
                self.state = "ready"
        self._complaint = None
        if kind == "error" and "job" not in message and "id" not in message and message.get("kind") != "protocol":
            # If it ends next, this is why.
            reason = heard.text(message.get("message"))[:LONGEST_REASON]
            self._complaint = End(reason or "The engine failed.", heard.advice(message))
        return bool(self.hello)

    def _look(self, drained: bool) -> None:
        """Notices that it ended, or takes too long to be ready. drained: whether no message waits."""
        now = time.monotonic()
        if self.state == "starting" and now - self._began > self.hello_seconds:
            self._give_up(End(f"The engine was not ready within {self.hello_seconds:.0f} seconds.", LOG))
        if self._child.poll() is None:
            return
        self._gone_at = now if self._gone_at is None else self._gone_at
        # Something that it started may hold its pipe open for ever.
        if drained and (self._inbox.ended or now - self._gone_at > AFTER_END):
            # Ends what it left behind, if anything is.
            self._end(0.0)
            if not self._ending.alive:
                self._finish()

    def _finish(self) -> None:
        """It has ended, and so have its children."""
        code, began = self._child.returncode, bool(self.hello)
        self._log.note(f"ended with exit status {code}, {self.garbage} lines were no messages")
        if self.state == "stopping":
            self.state = "stopped"
        elif self.state != "failed":
            self._fail(self._complaint or explain(code, self._log.tail(EXPLAINING_LINES), began))
        self._log.close()
        self._child = None

    def _fail(self, end: End) -> None:
        self.state, self.reason, self.advice = "failed", end.reason, end.advice

    def _give_up(self, end: End) -> None:
        self._fail(end)
        self._end(0.0)

    def _end(self, grace_s: float) -> None:
        """Closes stdin and begins to see to the end, or brings it forward where that has begun."""
        if self._ending is None:
            self._outbox.close()
            self._ending = Ending(self._child, grace_s)
        else:
            self._ending.within(grace_s)


def environment(offline: bool) -> dict[str, str]:
    """The environment of an engine."""
    return child.environment(PYTHONDONTWRITEBYTECODE="1", **({"HF_HUB_OFFLINE": "1"} if offline else {}))
