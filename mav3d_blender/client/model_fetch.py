"""Downloads models of the Hugging Face hub by the engine's command line, in a process of its own. No bpy."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ..common import subprocesses
from ..common.durations import done_fraction, left_text
from . import messages
from .process.engine_process import environment
from .process.log import EngineLog
from .process.pipes import Inbox
from .process.shutdown import Shutdown

# For the last messages, after the end.
AFTER_END_S = 1.0


@dataclass(frozen=True)
class Status:
    """state: "running", "cancelling", then "done", "failed" or "cancelled". phase: what is being done. fraction: of the current
    model, 0 to 1. sentence: why it failed, a line for each model."""

    state: str = "running"
    phase: str = "Asking the hub"
    fraction: float = 0.0
    sentence: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class ModelFetch:
    """One download; call `poll` from a timer until the status has ended. A later download goes on from what there is.

    command: the interpreter and its arguments. folder: the one that holds `engine/`. log: the file for what it prints. preset,
    roles: the preset, and the roles whose models are the preset's own.
    """

    def __init__(
        self, command: list[str], folder: Path, log: Path, preset: str = "", roles: tuple[str, ...] = ()
    ) -> None:
        self.preset, self.roles = preset, roles
        self._status, self._sentences = Status(), []
        self._shutdown: Shutdown | None = None
        self._ended_at: float | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._log: EngineLog | None = None
        try:
            self._log = EngineLog(log)
            self._child = subprocesses.start(
                command, stdout=subprocess.PIPE, stderr=self._log.file, cwd=folder, bufsize=0,
                env=environment(folder, offline=False),
            )  # fmt: skip
        except OSError as error:
            self._status = Status("failed", sentence=f"Fetching can't start ({error.strerror or error}): check the engine.")
            if self._log is not None:
                self._log.close()
            return
        self._inbox = Inbox(self._child.stdout, self._log.note)

    def poll(self) -> Status:
        """The progress; never waits."""
        if self._child is None or self._status.ended:
            return self._status
        while (message := self._inbox.take()) is not None:
            self._receive(message)
        if self._child.poll() is not None:
            self._ended_at = self._ended_at or time.monotonic()
            # Something that it started may hold its pipe open for ever.
            if self._inbox.ended or time.monotonic() - self._ended_at > AFTER_END_S:
                self._finish(self._child.returncode)
        return self._status

    def cancel(self) -> None:
        """Asks the process to end; never waits."""
        if not self.poll().ended and self._shutdown is None:
            self._status = replace(self._status, state="cancelling")
            self._shutdown = Shutdown(self._child, 0.0)

    def wait(self, seconds: float) -> Status:
        """Waits `seconds` at most for the end, for `blender -b` where no timer fires."""
        until = time.monotonic() + seconds
        while not self.poll().ended and time.monotonic() < until:
            time.sleep(0.02)
        return self.poll()

    def _receive(self, message: dict) -> None:
        """Takes a message; no value in it is trusted to be of the right type."""
        if message["type"] == "error":
            self._sentences.append(messages.text_of(message.get("message")))
        elif message["type"] == "progress":
            step, steps, left = (max(0.0, messages.number_of(message.get(name))) for name in ("step", "steps", "eta_s"))
            phase = f"{messages.text_of(message.get('model'))}: {step:.0f} of {steps:.0f} MB{left_text(left)}"
            self._status = replace(self._status, phase=phase, fraction=done_fraction(step, steps))

    def _finish(self, code: int) -> None:
        last_line = "".join(self._log.tail(1))
        self._log.note(f"fetching ended with exit status {code}")
        self._log.close()
        if code == 0:
            self._status = Status("done", "Fetched", 1.0)
        elif self._shutdown is not None:
            self._status = Status("cancelled", "Cancelled")
        else:
            unexplained = f"Fetching ended with exit status {code}: {last_line or 'see the log'}"
            self._status = Status("failed", "", sentence="\n".join(filter(None, self._sentences)) or unexplained)
