"""Checking and installing the engine on the computer that the preferences name, in the background."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from ..client.session import Session
from ..common.background import Background
from ..common.remote import Host, HostError, Line, check_host, install_there
from ..setup.packages.requirements import SetupError
from .preferences import addon_preferences, engine_host


@dataclass(frozen=True)
class HostStatus:
    """Of an installation there. state: "running", "done", "failed" or "cancelled". fraction: of it, 0 to 1. sentence: why it
    failed."""

    state: str
    phase: str = ""
    fraction: float = 0.0
    sentence: str = ""


class HostSetup:
    """What goes on, and what was found."""

    def __init__(self) -> None:
        self.report: list[Line] | None = None
        self.status: HostStatus | None = None
        self._check: Background[list[Line]] | None = None
        self._install: Background[None] | None = None
        self._stop = threading.Event()

    @property
    def checking(self) -> bool:
        return self._check is not None

    @property
    def installing(self) -> bool:
        return self._install is not None

    def forget(self) -> None:
        """Another computer was chosen: what was found is of the one before."""
        self.report, self.status, self._check = None, None, None

    def begin_check(self) -> None:
        """Starts to check connection, engine, device and disk there. Raises SetupError."""
        self._check = Background(check_host, _host(), self._stop.is_set)

    def begin_install(self, session: Session | None) -> None:
        """Stops the engine, and starts to install one there with the files of this extension. Raises SetupError."""
        host = _host()
        if self._install is not None:
            raise SetupError("The engine is being installed already.")
        if session is not None:
            session.stop_engine()
        preferences = addon_preferences()
        index = preferences.package_index.strip()
        self._stop.clear()
        self.report, self.status = None, HostStatus("running", "Connecting")
        arguments = (index,) if index else ()
        self._install = Background(
            install_there, host, preferences.variant.lower(), self._show, self._stop.is_set, arguments=arguments
        )

    def cancel_install(self) -> None:
        """Stops the installation; the next one goes on with what there is."""
        self._stop.set()

    def poll(self) -> bool:
        """Takes what has been done; whether anything runs or has just ended."""
        working = self.checking or self.installing
        if self._check is not None and self._check.done:
            check, self._check = self._check, None
            try:
                self.report = check.poll()
            except InterruptedError:
                pass  # it is not wanted any more
        if self._install is not None and self._install.done:
            install, self._install = self._install, None
            try:
                install.poll()
                self.status = HostStatus("done", fraction=1.0)
            except InterruptedError:
                self.status = HostStatus("cancelled")
            except (HostError, OSError) as error:
                self.status = replace(self.status, state="failed", sentence=str(error))
            if self.status.state == "done":
                self.begin_check()
        return working

    def wait(self) -> None:
        """Waits for all that runs, for `blender -b` where no timer fires."""
        while self.installing or self.checking:
            for work in (self._install, self._check):
                if work is not None:
                    work.join()
            self.poll()

    def close(self, seconds: float) -> None:
        """Stops what runs; waits `seconds` at most."""
        self._stop.set()
        for work in (self._install, self._check):
            if work is not None:
                work.join(seconds)

    def _show(self, phase: str, fraction: float) -> None:
        self.status = HostStatus("running", phase, max(fraction, self.status.fraction))


def _host() -> Host:
    try:
        host = engine_host()
    except HostError as error:
        raise SetupError(str(error)) from error
    if host is None:
        raise SetupError("Name the computer under Run Engine On first.")
    return host
