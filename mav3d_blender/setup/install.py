"""Installing the engine: an environment made aside, a check, and at the end its name.

A renamed environment works as long as it is used as `python -m …`: its interpreter finds pyvenv.cfg beside itself. Only the
scripts in its bin/ name the old place, and nothing uses them.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from ..common import subprocesses
from .check import Report, check
from .environments import (
    LOCK,
    Marker,
    installed,
    interpreter,
    lock,
    put_aside,
    read_marker,
    remove,
    replace_patiently,
    write_marker,
)
from .installers import uv
from .installers.pip_errors import explain
from .installers.pip_progress import CHECKING
from .installers.runner import Cancelled, Runner
from .make import Wanted, make_environment
from .models import BUILT_IN
from .packages.requirements import ENGINE_REQUIREMENTS, SetupError, read_requirements, stamp
from .packages.source import Source
from .packages.variants import variant_of
from .place import check_place
from .pythons import Python, describe

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+_-]*")


@dataclass(frozen=True)
class Status:
    """state: "ready", "running", "cancelling", then "done", "failed" or "cancelled". fraction: 0 to 1, estimated.
    sentence: why it failed. python: the interpreter, once done."""

    state: str
    phase: str = ""
    fraction: float = 0.0
    sentence: str = ""
    python: Path | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class Install:
    """One installation into `folder`, by processes of its own; `start`, then `poll` from a timer until the status has ended.

    base_python: what the environment is made from where uv brings no Python of its own; None: there is none. version: the
    extension's, which names the environment. source: where packages come from. What an earlier attempt left is taken up.
    checked: what the check at its end found, once it is done.
    """

    def __init__(
        self,
        folder: Path,
        base_python: Path | None,
        version: str,
        variant: str = "cpu",
        *,
        online: bool,
        requirements: Path = ENGINE_REQUIREMENTS,
        source: Source | None = None,
        models: Path = BUILT_IN,
    ) -> None:
        self.folder, self.base_python, self.version, self.variant = folder, base_python, version, variant
        self.online, self.requirements, self.models = online, requirements, models
        self.source = source or Source()
        self.checked: Report | None = None
        self.log = folder / f"engine-{version}.log"
        self._target = folder / f"engine-{version}"
        self._part = folder / f"engine-{version}.part"
        self._status = Status("ready")
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._status = Status("running", "Looking at Python and the disk")
        self._thread.start()

    def poll(self) -> Status:
        """How far it is; never waits."""
        status = self._status
        return replace(status, state="cancelling") if self._cancel.is_set() and not status.ended else status

    def cancel(self) -> None:
        """Asks it to stop and to remove what it made; never waits."""
        self._cancel.set()

    def wait(self, seconds: float | None = None) -> Status:
        """Waits for the end, for `blender -b` where no timer fires."""
        self._thread.join(seconds)
        return self.poll()

    def report(self) -> str:
        """All about a failure, to paste; without the passwords that an index's address may hold."""
        status = self.poll()
        try:
            tail = self.log.read_text("utf-8", "replace").splitlines()[-60:]
        except OSError:
            tail = ["(no log)"]
        lines = [
            f"Installing the engine {self.version} ({self.variant}): {status.state}. {status.sentence}",
            f"Phase: {status.phase}, {status.fraction:.0%}",
            f"System: {platform.platform()}, {platform.machine()}; asked from Python {sys.version.split()[0]}",
            f"Base: {self.base_python or 'none'}; folder: {self.folder}; log: {self.log}",
            "",
            *tail,
        ]
        return re.sub(r"://[^/@\s]+@", "://***@", "\n".join(lines)) + "\n"

    def _work(self) -> None:
        try:
            python = self._install()
        except Cancelled:
            self._status = replace(self._status, state="cancelled", phase="Cancelled")
        except (SetupError, OSError) as error:
            sentence = str(error) if isinstance(error, SetupError) else explain(str(error), None)
            self._status = replace(self._status, state="failed", sentence=sentence)
        except BaseException as error:  # the panel must not wait for ever
            sentence = f"The installation failed ({error!r}): send the report."
            self._status = replace(self._status, state="failed", sentence=sentence)
            raise
        else:
            self._status = Status("done", "Installed", 1.0, python=python)

    def _install(self) -> Path:
        wanted = self._plan()
        was_there = self.folder.exists()
        try:
            with lock(self.folder) as held:
                try:
                    self._make(wanted, held)
                except Cancelled:
                    self._clean_up()
                    raise
        except Cancelled:
            if not was_there and {path.name for path in self.folder.iterdir()} == {LOCK}:
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
            raise
        return interpreter(self._target)

    def _plan(self) -> Wanted:
        """What is to be made. Raises SetupError where it can't be."""
        if not _VERSION.fullmatch(self.version) or self.version.endswith((".part", ".old")):
            raise SetupError(f"{self.version!r} is no version.")
        variant = variant_of(self.variant)
        if not self.online and not self.source.local:
            raise SetupError(
                "Blender may not go online: allow it in Preferences > System > Network, or choose a Python that has the engine."
            )
        requirements = read_requirements(self.requirements)
        self.source.pip_arguments(variant)  # raises where its address is none
        base = self._base()
        check_place(self.folder, variant, begun=read_marker(self._part) is not None)
        for path in (self._part, self._target):
            if path.exists() and read_marker(path) is None and not (path.is_dir() and not any(path.iterdir())):
                raise SetupError(f"{path} is in the way and was not made here: move it away, or choose another folder.")
        marker = Marker(self.version, self.variant, stamp(requirements), "", complete=False)
        lines = tuple(str(requirement) for requirement in self.source.wanted(requirements, variant))
        return Wanted(self._part, marker, lines, variant, self.source, base)

    def _base(self) -> Python | None:
        if self.base_python is None:
            return None
        base = describe(self.base_python)
        if base.fault:
            raise SetupError(base.fault)
        self.base_python = base.path
        return base

    def _make(self, wanted: Wanted, held: int) -> None:
        with open(self.log, "wb") as log:
            runner = Runner(log, self.log, held, self._show, self._cancel)
            marker = make_environment(wanted, runner)
            runner.stop_if_cancelled()
            shutil.rmtree(self._part / "tmp", ignore_errors=True)
            self._show("Checking", CHECKING)
            report = check(interpreter(self._part), self.requirements, self.models)
            runner.say(f"\n{report.text}")
            if report.lines[0].state != "ok":
                raise SetupError(report.lines[0].sentence)
            runner.stop_if_cancelled()
        self._finish(marker)
        self.checked = replace(report, python=interpreter(self._target))

    def _finish(self, marker: Marker) -> None:
        write_marker(self._part, replace(marker, complete=True))
        try:
            replaced = put_aside(self._target) if self._target.exists() else None
        except OSError as error:
            raise SetupError(
                f"The engine in {self._target} can't be replaced ({error.strerror or error}): stop it, then install again."
            ) from error
        replace_patiently(self._part, self._target)
        inside = "import sys; sys.exit(sys.prefix == sys.base_prefix)"
        if subprocesses.run([interpreter(self._target), "-I", "-c", inside], 60).code != 0:
            raise SetupError(f"The environment {self._target} does not start under its final name: send the report.")
        # Packages are links to what the cache holds, and stay.
        shutil.rmtree(uv.cache(self.folder), ignore_errors=True)
        if replaced is not None:
            self._show("Removing the engine before", CHECKING)
            try:
                remove(replaced)
            except OSError:
                pass  # in use: the next installation or removal takes it away

    def _clean_up(self) -> None:
        """Removes what was made; uv and its Python only where no other environment is made from them."""
        shutil.rmtree(uv.cache(self.folder), ignore_errors=True)
        for path in (self._part, *([] if installed(self.folder) else [uv.tools(self.folder)])):
            if read_marker(path) is not None:
                remove(path)
        self.log.unlink(missing_ok=True)

    def _show(self, phase: str, fraction: float) -> None:
        self._status = Status("running", phase, max(fraction, self._status.fraction))
