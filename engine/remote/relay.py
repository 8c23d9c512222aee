"""Between whoever speaks the protocol here and the engine on a host: paths are this computer's on one side and the host's on
the other, files travel, and a lost connection is made again while the job goes on there."""

from __future__ import annotations

import queue
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ..contract import protocol
from ..contract.errors import EngineError, HostError, TransferError, UnreachableError
from ..contract.version import VERSION
from .connection import Connection
from .host import JOBS, Host
from .inputs import job_files, with_inputs
from .mirror import RemoteJob
from .reasons import ENGINE_ENDED, SSH_FAILED, explain
from .records import Records
from .ssh import Ssh
from .transfer import put_files

# Seconds from one try to the next; the last again and again.
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
LOOK_EVERY_S = 0.2
# How long a connection is waited for by a `shutdown` that is to go through it.
LEAVE_S = 10.0
ENDS = ("result", "cancelled", "error")
JOB_KINDS = ("generate", "resume", "track", "rig")


class Relay:
    """`run` until it ends; `put` messages and `close` from any thread or a signal handler.

    emit: takes the messages of the engine there, with paths on this computer, and "connection" ones. A job's message may have
    "output", the folder for its asset in place of asset/ in its own.
    """

    def __init__(self, host: Host, emit: Callable[[dict[str, Any]], None], pauses: tuple[float, ...] = PAUSES) -> None:
        self.host, self.emit, self._pauses = host, emit, pauses
        # One that a signal handler may put into.
        self._events: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        # Those that have been taken out of it, the oldest first.
        self._pending: deque[tuple[str, Any, Any]] = deque()
        self._closed = self._leaving = False
        self._connection: Connection | None = None
        self._greeted = False
        self._hello: dict[str, Any] = {}
        self._tries, self._retry_at = 0, 0.0
        self._leave_by: float | None = None
        self._records = Records()
        self._jobs: dict[str, RemoteJob] = {}
        # Jobs that begin again while the engine has still to tell how they ended before.
        self._retold: set[str] = set()
        # Of estimates: what the host is told, and what was said here.
        self._own, self._ids = secrets.token_hex(4), {}
        self._waiting: list[dict[str, Any]] = []

    def put(self, message: dict[str, Any]) -> None:
        """A message for the engine there."""
        self._events.put(("message", None, message))

    def close(self) -> None:
        """Ends the relay; the engine there goes on."""
        self._closed = True
        self._events.put(("closed", None, None))

    def run(self) -> int:
        """Returns the exit code: 0, or 1 after an error that ended it was emitted."""
        try:
            with Ssh(self.host, lambda: self._closed) as ssh:
                self._ssh = ssh
                try:
                    self._connect()
                    while not self._closed:
                        self._step()
                finally:
                    if self._connection is not None:
                        self._connection.close(0.0 if self._leaving else 0.5)
        except InterruptedError:
            pass  # closed while something waited
        except HostError as error:
            self.emit(protocol.error(error.kind, str(error)))
            return 1
        return 0

    def _step(self) -> None:
        if self._leave_by is not None and not self._greeted and time.monotonic() > self._leave_by:
            # The engine there ends by itself when it has nothing left to do.
            self._closed = True
            return
        if self._connection is None and time.monotonic() >= self._retry_at:
            self._connect()
        try:
            if not self._pending:
                self._pending.append(self._events.get(timeout=LOOK_EVERY_S))
            while True:
                self._pending.append(self._events.get_nowait())
        except queue.Empty:
            if not self._pending:
                return
        kind, source, message = self._pending.popleft()
        if kind == "message":
            self._take(message)
        elif kind == "remote" and source is self._connection:
            self._lost() if message is None else self._receive(message)

    def _connect(self) -> None:
        self._greeted = False
        self._connection = Connection(self._ssh, lambda source, message: self._events.put(("remote", source, message)))

    def _lost(self) -> None:
        """The connection has ended: for good, or until the next try."""
        code, said = self._connection.code, self._connection.said
        self._connection, self._greeted = None, False
        if self._leaving:
            self._closed = True
            return
        error = explain(self.host, code, said)
        broken = code is None or code < 0 or code == SSH_FAILED
        if not self._hello or not broken:
            raise error if code != ENGINE_ENDED or self._jobs else HostError(f"The engine on {self.host.name} was ended.")
        pause = self._pauses[min(self._tries, len(self._pauses) - 1)]
        self._tries, self._retry_at = self._tries + 1, time.monotonic() + pause
        on = "; the job goes on there" if any(job.sent for job in self._jobs.values()) else ""
        reason = "" if isinstance(error, UnreachableError) else f" {error}"
        self.emit(protocol.connection("lost", f"Connection lost{on}. Reconnecting in {pause:.0f} s.{reason}", pause))

    # From here to there.

    def _take(self, message: dict[str, Any]) -> None:
        kind, name = message["type"], message.get("job")
        if kind == "shutdown":
            if self._greeted:
                self._leaving = True
                self._connection.send(message)
            elif self._leave_by is None:
                self._waiting.append(message)
                self._retry_at, self._leave_by = 0.0, time.monotonic() + LEAVE_S
        elif kind == "cancel" and name in self._jobs:
            self._cancel(self._jobs[name], message)
        elif not self._greeted:
            self._waiting.append(message)
        elif kind in JOB_KINDS:
            self._begin(message)
        elif kind == "estimate":
            self._estimate(message)
        else:
            self._connection.send(message)

    def _begin(self, message: dict[str, Any]) -> None:
        job = RemoteJob.of(message, self._hello["folder"])
        if job.name in self._jobs:
            sentence = f"There is a job {job.name!r} already: wait for it, or give another name."
            self.emit(protocol.of_job(protocol.error("protocol", sentence), job.name))
            return
        self._jobs[job.name] = job
        if self._hello["jobs"].get(job.name) == "ended" and job.name not in self._records.jobs():
            self._retold.add(job.name)
        if self._records.jobs().get(job.name) != "active":
            self._submit(job)
            return
        # It was left running: what was said of it so far is known.
        job.sent = True
        for said in self._records.replay():
            if said.get("job") == job.name:
                self._pass_on(job, said)

    def _submit(self, job: RemoteJob) -> None:
        """Sends a job with its files; where the connection ends meanwhile, the next one does it."""
        message, files = job.message, {}
        try:
            message, files = with_inputs(message, job.there)
            if message["type"] == "resume" and not self._ssh_has_job(job):
                files |= job_files(job.here)
            if files:
                put_files(self._ssh, job.there, files)
        except UnreachableError:
            self._connection.cut()
            return
        except HostError as error:
            self._fail(job, error)
            return
        job.sent = True
        self._connection.send(message | {"folder": job.there})

    def _ssh_has_job(self, job: RemoteJob) -> bool:
        found = self._ssh.ask({"do": "list", "folder": job.there, "patterns": ["job.json"]})
        return bool(found.get("files"))

    def _cancel(self, job: RemoteJob, message: dict[str, Any]) -> None:
        job.cancel = message
        if not job.sent:
            del self._jobs[job.name]
            self.emit(protocol.of_job(protocol.cancelled("It had not begun; nothing was written."), job.name))
        elif self._greeted:
            self._connection.send(message)
        else:
            # It is told as soon as there is a connection.
            self.emit(protocol.of_job(protocol.cancelling(), job.name))

    def _estimate(self, message: dict[str, Any]) -> None:
        key = f"{self._own}-{len(self._ids)}"
        self._ids[key] = {"id": message["id"]} if "id" in message else {}
        folder = f"{self._hello['folder']}/{JOBS}/estimate-{self._own}"
        try:
            message, files = with_inputs(message, folder)
            if files:
                put_files(self._ssh, folder, files)
        except HostError as error:
            self.emit(protocol.error(error.kind, str(error)) | self._ids.pop(key))
            return
        self._connection.send(message | {"id": key})

    # From there to here.

    def _receive(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "hello":
            self._greet(message)
            return
        if not self._greeted:
            return
        self._records.note(message)
        if message.get("job") in self._retold:
            self._retold -= {message["job"]} if kind in ENDS else set()
            return
        job = self._jobs.get(message.get("job"))
        if job is not None:
            self._pass_on(job, message)
        elif isinstance(message.get("id"), str) and message["id"] in self._ids:
            self.emit({key: value for key, value in message.items() if key != "id"} | self._ids.pop(message["id"]))
        elif "job" not in message and "id" not in message:
            self.emit(message)

    def _greet(self, hello: dict[str, Any]) -> None:
        if (hello.get("protocol"), hello.get("engine")) != (protocol.VERSION, VERSION):
            raise HostError(
                f"The engine on {self.host.name} is version {hello.get('engine', '?')} and this one is {VERSION}: install it "
                "there again."
            )
        if not isinstance(hello.get("folder"), str) or not isinstance(hello.get("jobs"), dict):
            raise HostError(f"The engine on {self.host.name} does not say where it works: install it there again.")
        again, self._hello = bool(self._hello), hello
        self._greeted, self._tries, self._records, self._retold = True, 0, Records(), set()
        self.emit(
            protocol.connection("back", f"Connected to {self.host.name} again.", 0.0) if again
            else {key: value for key, value in hello.items() if key not in ("folder", "jobs")} | {"host": self.host.name}
        )  # fmt: skip
        for job in list(self._jobs.values()):
            if job.name not in hello["jobs"]:
                job.sent = False
            if not job.sent:
                self._resend(job)
            elif job.cancel is not None and hello["jobs"][job.name] == "active":
                self._connection.send(job.cancel)
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._take(message)

    def _resend(self, job: RemoteJob) -> None:
        """The engine there is another one than before: it goes on with what the folder holds, unless that is not wanted."""
        if job.cancel is not None:
            del self._jobs[job.name]
            self.emit(protocol.of_job(protocol.cancelled("Stopped; the checkpoint is kept."), job.name))
        else:
            self._submit(job)

    def _pass_on(self, job: RemoteJob, message: dict[str, Any]) -> None:
        """A message of a job, once, when its files are here; of previews that wait only the newest."""
        kind = message["type"]
        key = kind if kind != "preview" else f"preview {message.get('kind')}"
        if job.seen.get(key) == message or (kind == "preview" and self._is_old(message)):
            return
        try:
            local = self._with_files(job, message)
        except UnreachableError:
            # The next connection begins with it.
            self._connection.cut()
            return
        except InterruptedError:
            raise
        except OSError as error:
            self._fail(job, TransferError(f"Can't write to {job.here} ({error.strerror or error}): make room or mend access."))
            return
        except HostError as error:
            if kind != "preview":
                self._fail(job, error)
            return
        job.seen[key] = message
        if kind in ENDS and message.get("kind") != "protocol":
            del self._jobs[job.name]
        if local is not None:
            self.emit(local)

    def _is_old(self, preview: dict[str, Any]) -> bool:
        """Whether a newer preview of the same kind has come."""
        same = {name: preview.get(name) for name in ("type", "job", "kind")}
        return any(isinstance(message, dict) and same.items() <= message.items() for _, _, message in self._pending)

    def _with_files(self, job: RemoteJob, message: dict[str, Any]) -> dict[str, Any] | None:
        kind = message["type"]
        local = message | {key: job.words(message[key]) for key in ("message", "advice") if key in message}
        if kind == "started":
            job.fetch_start(self._ssh)
        elif kind == "preview":
            path = job.fetch_file(self._ssh, str(message.get("path")))
            return None if path is None else local | {"path": str(path)}
        elif kind in ENDS and message.get("kind") != "protocol":
            has_asset = kind != "error" and "path" in message
            if has_asset or "started" in job.seen:
                job.fetch_end(self._ssh, has_asset)
            if has_asset:
                return local | {"path": str(job.asset)}
        return local

    def _fail(self, job: RemoteJob, error: EngineError) -> None:
        self._jobs.pop(job.name, None)
        self.emit(protocol.of_job(protocol.error(error.kind, str(error)), job.name))
