"""Models of the Hugging Face hub, fetched by the engine's command line in a process of its own. No bpy."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ..setup import child
from . import messages as heard
from .log import EngineLog
from .pipes import Inbox
from .process import environment
from .shutdown import Ending

# For the last of its messages, after its end.
AFTER_END = 1.0


@dataclass(frozen=True)
class Status:
    """state: "running", "cancelling", then "done", "failed" or "cancelled". fraction: of the model that is under way, 0 to 1.
    sentence: why it failed, a line for each model that did not come."""

    state: str = "running"
    phase: str = "Asking the hub"
    fraction: float = 0.0
    sentence: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class ModelFetch:
    """One download; `poll` from a timer until the status has ended. What has come stays, and the next one goes on from there.

    command: the engine's Python and its arguments. folder: where it runs, the one with `engine/` in it. log: the file that
    takes what it prints. preset, roles: whose models they are, and which of its own.
    """

    def __init__(
        self, command: list[str], folder: Path, log: Path, preset: str = "", roles: tuple[str, ...] = ()
    ) -> None:
        self.preset, self.roles = preset, roles
        self._status, self._sentences = Status(), []
        self._ending: Ending | None = None
        self._gone_at: float | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._log: EngineLog | None = None
        try:
            self._log = EngineLog(log)
            self._child = child.start(
                command, stdout=subprocess.PIPE, stderr=self._log.file, cwd=folder, env=environment(offline=False), bufsize=0
            )
        except OSError as error:
            self._status = Status("failed", sentence=f"Fetching can't begin ({error.strerror or error}): check the engine.")
            if self._log is not None:
                self._log.close()
            return
        self._inbox = Inbox(self._child.stdout, self._log.note)

    def poll(self) -> Status:
        """How far it is; never waits."""
        if self._child is None or self._status.ended:
            return self._status
        while (message := self._inbox.take()) is not None:
            self._hear(message)
        if self._child.poll() is not None:
            self._gone_at = self._gone_at or time.monotonic()
            # Something that it started may hold its pipe open for ever.
            if self._inbox.ended or time.monotonic() - self._gone_at > AFTER_END:
                self._finish(self._child.returncode)
        return self._status

    def cancel(self) -> None:
        """Asks it to end; never waits."""
        if not self.poll().ended and self._ending is None:
            self._status = replace(self._status, state="cancelling")
            self._ending = Ending(self._child, 0.0)

    def wait(self, seconds: float) -> Status:
        """Waits for the end, for `blender -b` where no timer fires."""
        until = time.monotonic() + seconds
        while not self.poll().ended and time.monotonic() < until:
            time.sleep(0.02)
        return self.poll()

    def _hear(self, message: dict) -> None:
        """Nothing in a message is trusted to be of the right kind."""
        if message["type"] == "error":
            self._sentences.append(heard.text(message.get("message")))
        elif message["type"] == "progress":
            step, steps, left = (max(0.0, heard.number(message.get(name))) for name in ("step", "steps", "eta_s"))
            phase = f"{heard.text(message.get('model'))}: {step:.0f} of {steps:.0f} MB"
            phase += f", {heard.duration(left)} left" if left else ""
            self._status = replace(self._status, phase=phase, fraction=min(1.0, step / steps) if steps else 0.0)

    def _finish(self, code: int) -> None:
        said = "".join(self._log.tail(1))
        self._log.note(f"fetching ended with exit status {code}")
        self._log.close()
        if code == 0:
            self._status = Status("done", "Fetched", 1.0)
        elif self._ending is not None:
            self._status = Status("cancelled", "Cancelled")
        else:
            why = "\n".join(filter(None, self._sentences)) or f"Fetching ended with exit status {code}: {said or 'see the log'}"
            self._status = Status("failed", "", sentence=why)
