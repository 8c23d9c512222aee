"""What lasts while the add-on is enabled. Blender keeps no such thing for an add-on, hence the one variable."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..client.events import REMOTE_LIMITS
from ..client.process.engine_process import EngineProcess, engine_command, relay_command
from ..client.session import Session
from ..common import package
from ..common.remote import Host, HostError
from ..jobs.job import Job
from ..jobs.store import JobStore
from ..viewport.thumbnails import Thumbnails
from .disk_use import DiskUse
from .downloads import Downloads
from .engine_setup import EngineSetup
from .host_setup import HostSetup
from .live_preview import LivePreview
from .placing.results import Results
from .preferences import device, engine_host, engine_python, jobs_folder

CLOSE_SECONDS = 5.0


@dataclass
class Notices:
    """Sentences for the panel. warning: the newest problem; about: the job that it is about, "engine", or "". estimate: what
    the request `estimated` would take, once known."""

    warning: str = ""
    about: str = ""
    estimate: str = ""
    estimated: dict[str, Any] = field(default_factory=dict)

    def warn(self, sentence: str, about: str = "") -> None:
        """Shows a sentence in place of the one before."""
        self.warning, self.about = sentence, about

    def settle(self, about: str) -> None:
        """Takes back what was said about a job or the engine: it is well."""
        if self.warning and self.about == about:
            self.warn("")

    def estimate_of(self, request: dict[str, Any]) -> str:
        """The estimate of a request; empty where the newest is of another. A seed changes nothing about it."""
        same = {**self.estimated, "seed": 0} == {**request, "seed": 0}
        return self.estimate if same else ""


class State:
    """The session and what else goes on. Each part has an owner that changes it; the panel only reads."""

    def __init__(self) -> None:
        self.notices = Notices()
        self.results, self.preview, self.thumbnails = Results(), LivePreview(), Thumbnails()
        self.setup, self.downloads, self.disk_use = EngineSetup(), Downloads(), DiskUse()
        self.host_setup = HostSetup()
        self._session: Session | None = None
        # The computer that the session's engine runs on; None for this one.
        self.host: Host | None = None

    @property
    def session(self) -> Session | None:
        """None until it is first needed."""
        return self._session

    def open_session(self) -> Session:
        """The session, which reads the jobs on disk when it is first needed."""
        if self._session is None:
            store = JobStore(jobs_folder())
            self.notices.warning = " ".join(store.load()[:2]) or self.notices.warning
            self.host = _usable_host()
            limits, name = (REMOTE_LIMITS, self.host.name) if self.host else (None, "")
            self._session = Session(store, make_process, limits, host=name)
            if self._session.take_up():
                self.notices.warn("")
        return self._session

    def change_host(self) -> None:
        """Runs the engine on the computer that the preferences name now; where a job is active, when Blender starts again."""
        self.host_setup.forget()
        if self._session is not None:
            self._reopen("The engine runs there")

    def change_jobs_folder(self) -> None:
        """Lists the jobs of the folder that the preferences name now; where one is active, when Blender starts again."""
        if self._session is not None and self._session.store.folder != jobs_folder():
            self._reopen("The new jobs folder is used")

    def _reopen(self, what: str) -> bool:
        """Ends the session and opens one as the preferences say; False where a job is active, with a notice."""
        session = self._session
        if any(job.active and session.store.owns(job.id) for job in session.store.jobs()):
            self.notices.warning = f"A job is active. {what} once Blender has been started again."
            return False
        self.preview.clear()
        session.close(CLOSE_SECONDS)
        self._session = None
        self.open_session()
        return True

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        return self._session.store.jobs() if self._session is not None else []

    def job_fraction(self, job: Job) -> float:
        """How much of a running job is done, 0 to 1."""
        return self._session.fraction(job) if self._session is not None else 0.0

    @property
    def engine_text(self) -> str:
        """The engine's state in a sentence."""
        return self._session.engine_text if self._session is not None else "Not started"

    @property
    def engine_running(self) -> bool:
        """Whether there is an engine to stop."""
        return self._session is not None and self._session.engine_state != "stopped"

    def presets(self) -> list[dict]:
        """The presets in the engine's hello; empty before that."""
        presets = self._session.hello.get("presets") if self._session is not None else None
        return [each for each in presets if isinstance(each, dict)] if isinstance(presets, list) else []

    def close(self) -> None:
        """Ends the engine and everything else. Jobs can be resumed."""
        self.preview.clear()
        self.thumbnails.remove()
        self.setup.close(CLOSE_SECONDS)
        self.host_setup.close(CLOSE_SECONDS)
        self.downloads.close(CLOSE_SECONDS)
        if self._session is not None:
            self._session.close(CLOSE_SECONDS)


_state: State | None = None


def state() -> State:
    """The state of this Blender."""
    global _state
    if _state is None:
        _state = State()
    return _state


def close_state() -> None:
    """Closes the state; the next `state` is a new one."""
    global _state
    closing, _state = _state, None
    if closing is not None:
        closing.close()


def make_process() -> EngineProcess:
    """An engine that is not started yet, as the preferences say, on this computer or on the session's host."""
    if (host := state().host) is not None:
        # Blender's own Python does: what speaks for the engine there needs no package.
        command = relay_command(Path(sys.executable), host)
        return EngineProcess(command, package.ROOT, package.user_path(package.ENGINE_LOG), lasting=True)
    command = engine_command(engine_python(), "serve", "--device", device())
    return EngineProcess(command, package.ROOT, package.user_path(package.ENGINE_LOG), offline=not bpy.app.online_access)


def _usable_host() -> Host | None:
    try:
        return engine_host()
    except HostError:
        # The panel says so, and starts no engine.
        return None
