"""Installing, checking and removing the engine's environment from the preferences."""

from __future__ import annotations

import tomllib
from typing import Any

import bpy

from ..client.session import Session
from ..common import package
from ..common.background import Background
from ..setup.check import Report, start_check
from ..setup.environments import Removal, uninstall
from ..setup.install import Install, Status
from ..setup.packages.requirements import SetupError
from ..setup.packages.source import Source, checked_index
from ..setup.pythons import Python, find_pythons
from .preferences import addon_preferences, engine_python, environments_folder


class EngineSetup:
    """What set-up does in the background, and what it has found."""

    def __init__(self) -> None:
        self._install: Install | None = None
        self._adopted: Install | None = None
        self._removal: Background[Removal] | None = None
        self._check: Background[Report] | None = None
        self._pythons: Background[list[Python]] | None = None
        self._report: Report | None = None
        self._was_working = False

    @property
    def report(self) -> Report | None:
        """What the newest check found: one that was asked for, or the one at the end of an installation."""
        return self._report or (self._install.checked if self._install is not None else None)

    @property
    def checking(self) -> bool:
        """Whether a check is running."""
        return self._check is not None

    @property
    def install_status(self) -> Status | None:
        """Of the newest installation; None where there was none."""
        return self._install.poll() if self._install is not None else None

    def begin_install(self, session: Session | None, variant: str = "") -> None:
        """Stops the engine, and starts to install one, on a Python that uv brings or on the best one there is.

        Raises SetupError.
        variant: "cpu" or "cuda"; else as the preferences say.
        """
        preferences = addon_preferences()
        if self._install is not None and not self._install.poll().ended:
            raise SetupError("The engine is being installed already.")
        source = Source(preferences.package_index if preferences is not None else "")
        if source.index.strip():
            checked_index(source.index)
        base = self._base_python()
        if session is not None:
            session.stop_engine()
        if preferences is not None:
            preferences.variant = variant.upper() or preferences.variant
        variant = preferences.variant.lower() if preferences is not None else variant or "cpu"
        self._report = None
        folder, online = environments_folder(), bpy.app.online_access
        path = base.path if base is not None else None
        self._install = Install(folder, path, extension_version(), variant, online=online, source=source)
        self._install.start()

    def cancel_install(self) -> None:
        """Stops the installation and removes what it made."""
        if self._install is not None:
            self._install.cancel()

    def begin_removal(self, session: Session | None) -> None:
        """Stops the engine, and starts to remove the installed environments."""
        if session is not None:
            session.stop_engine()
        self._install, self._report = None, None
        self._removal = uninstall(environments_folder())

    def begin_check(self) -> None:
        """Starts to check the engine's Python, models and device."""
        self._check = start_check(engine_python())

    def finish_check(self) -> Report:
        """Waits for the check, for `blender -b` where no timer fires."""
        self._report, self._check = self._check.wait(), None
        return self._report

    def begin_search(self) -> None:
        """Starts to look for Pythons on this computer."""
        self._pythons = Background(find_pythons)

    def poll(self) -> tuple[bool, str]:
        """Takes what has been done. Returns whether anything runs or has just ended, and a problem, one sentence or ""."""
        ended, problem = self._take_check()
        self._adopt_install()
        installing = self._install is not None and not self._install.poll().ended
        others = any(work is not None and not work.done for work in (self._check, self._pythons, self._removal))
        working = installing or others
        ended, self._was_working = ended or (self._was_working and not working), working
        return ended or working, problem

    def report_text(self) -> str:
        """What the check and the installation found, to paste into a bug report."""
        parts = [self.report.text if self.report else "", self._install.report() if self._install else ""]
        return "\n\n".join(part for part in parts if part) or "Nothing was checked yet."

    def close(self, seconds: float) -> None:
        """Stops an installation; waits `seconds` at most."""
        if self._install is not None and not self._install.poll().ended:
            self._install.cancel()
            self._install.wait(seconds)

    def _take_check(self) -> tuple[bool, str]:
        """Whether a check has ended, and why it failed, or ""."""
        if self._check is None or not self._check.done:
            return False, ""
        check, self._check = self._check, None
        try:
            self._report = check.poll()
        except Exception as error:
            return True, f"The engine could not be checked ({error}): choose another Python."
        return True, ""

    def _adopt_install(self) -> None:
        """Uses what has been installed from now on, in place of a Python that was named before."""
        if self._install is None or self._install is self._adopted or self._install.poll().state != "done":
            return
        self._adopted = self._install
        preferences: Any = addon_preferences()
        if preferences is not None:
            preferences.engine_python = ""

    def _base_python(self) -> Python | None:
        """The Python to make an environment from where uv brings none; None where none was found."""
        self._pythons = self._pythons or Background(find_pythons)
        return next((python for python in self._pythons.wait() or [] if not python.fault), None)


def extension_version() -> str:
    """The version in the extension's manifest."""
    return tomllib.loads((package.ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]
