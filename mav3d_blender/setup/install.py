"""Making the engine's environment: a virtual environment aside, the packages into it, a check, and at the end its name.

A renamed environment works as long as it is used as `python -m …`: its interpreter finds pyvenv.cfg beside itself. Only the
scripts in its bin/ name the old place, and nothing uses them.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from . import child
from .check import Report, check
from .environments import LOCK, Marker, interpreter, lock, put_aside, read_marker, remove, replace_patiently, write_marker
from .faults import explain
from .models import BUILT_IN
from .place import check_place
from .progress import CHECKING, MAKING, PipProgress
from .pythons import describe
from .requirements import ENGINE_REQUIREMENTS, SetupError, read_requirements, stamp
from .source import Source
from .variants import variant_of

# A user's own settings that would send the packages elsewhere, or silence what is read here; indexes and proxies stay.
_PIP_DROPPED = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_QUIET", "PIP_VERBOSE", "PIP_PROGRESS_BAR", "PIP_DRY_RUN")
_PACKAGES_PER_REQUIREMENT = 3
_TICK = 0.2
# pip asks an index that does not answer for every package anew; after so many questions it is ended.
_MOST_UNANSWERED = 3
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


class _Cancelled(Exception):
    pass


class Install:
    """One installation into `folder`, by processes of its own; `start`, then `poll` from a timer until the status has ended.

    version: the extension's, which names the environment. source: where packages come from. What an earlier attempt left is
    taken up. checked: what the check at its end found, once it is done.
    """

    def __init__(
        self,
        folder: Path,
        base_python: Path,
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
            f"Base: {self.base_python}; folder: {self.folder}; log: {self.log}",
            "",
            *tail,
        ]
        return re.sub(r"://[^/@\s]+@", "://***@", "\n".join(lines)) + "\n"

    def _work(self) -> None:
        try:
            python = self._install()
        except _Cancelled:
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
        marker, lines, arguments = self._plan()
        was_there = self.folder.exists()
        try:
            with lock(self.folder) as held:
                try:
                    self._make(marker, lines, arguments, held)
                except _Cancelled:
                    remove(self._part)
                    self.log.unlink(missing_ok=True)
                    raise
        except _Cancelled:
            if not was_there and {path.name for path in self.folder.iterdir()} == {LOCK}:
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
            raise
        return interpreter(self._target)

    def _plan(self) -> tuple[Marker, list[str], list[str]]:
        """What is to be made, the lines of requirements and pip's arguments. Raises SetupError where it can't be."""
        if not _VERSION.fullmatch(self.version) or self.version.endswith((".part", ".old")):
            raise SetupError(f"{self.version!r} is no version.")
        variant = variant_of(self.variant)
        if not self.online and not self.source.local:
            raise SetupError(
                "Blender may not go online: allow it in Preferences > System > Network, or choose a Python that has the engine."
            )
        wanted, arguments = read_requirements(self.requirements), self.source.pip_arguments(variant)
        base = describe(self.base_python)
        if base.fault:
            raise SetupError(base.fault)
        self.base_python = base.path
        check_place(self.folder, variant, begun=read_marker(self._part) is not None)
        dotted = ".".join(map(str, base.version))
        for path in (self._part, self._target):
            if path.exists() and read_marker(path) is None and not (path.is_dir() and not any(path.iterdir())):
                raise SetupError(f"{path} is in the way and was not made here: move it away, or choose another folder.")
        marker = Marker(self.version, self.variant, stamp(wanted), dotted, complete=False)
        lines = [str(requirement) for requirement in self.source.wanted(wanted, variant)]
        return marker, lines, arguments

    def _make(self, marker: Marker, lines: list[str], arguments: list[str], held: int) -> None:
        python = interpreter(self._part)
        self._show("Making the environment", MAKING)
        self._prepare(marker)
        with open(self.log, "wb") as log:
            venv = [self.base_python, "-m", "venv", self._part]
            self._run(venv, log, held, child.environment())
            listed = self._part / "requirements.txt"
            listed.write_text("\n".join(lines) + "\n", "utf-8")
            pip = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
            # Nobody who draws has a compiler: a package without a ready build fails at once and by name.
            pip += ["--only-binary", ":all:", "-r", listed, *arguments]
            self._run(pip, log, held, self._pip_environment(), self._progress(len(lines)))
        self._stop_if_cancelled()
        shutil.rmtree(self._part / "tmp", ignore_errors=True)
        self._show("Checking", CHECKING)
        report = check(python, self.requirements, self.models)
        with open(self.log, "a", encoding="utf-8") as file:
            file.write("\n" + report.text)
        if report.lines[0].state != "ok":
            raise SetupError(report.lines[0].sentence)
        self._stop_if_cancelled()
        self._finish(marker)
        self.checked = replace(report, python=interpreter(self._target))

    def _prepare(self, marker: Marker) -> None:
        """Takes up what an earlier attempt left, if it was for the same; else begins anew."""
        earlier = read_marker(self._part)
        if earlier is not None and replace(earlier, complete=False) != marker:
            remove(self._part)
        self._part.mkdir(parents=True, exist_ok=True)
        write_marker(self._part, marker)
        temporary = self._part / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        # pip writes RECORD last: what lacks it was interrupted, and pip would take it for installed.
        for folder in self._packages_folder().glob("*.dist-info"):
            if not (folder / "RECORD").is_file():
                shutil.rmtree(folder)

    def _finish(self, marker: Marker) -> None:
        write_marker(self._part, replace(marker, complete=True))
        try:
            replaced = put_aside(self._target) if self._target.exists() else None
        except OSError as error:
            raise SetupError(
                f"The engine in {self._target} can't be replaced ({error.strerror or error}): stop it, then install again."
            ) from error
        replace_patiently(self._part, self._target)
        if child.run([interpreter(self._target), "-m", "pip", "--version"], 60).code != 0:
            raise SetupError(f"The environment {self._target} does not start under its final name: send the report.")
        if replaced is not None:
            self._show("Removing the engine before", CHECKING)
            try:
                remove(replaced)
            except OSError:
                pass  # in use: the next installation or removal takes it away

    def _pip_environment(self) -> dict[str, str]:
        # Downloads are unpacked beside the environment: /tmp is small on many machines, and cleaning up is one folder.
        place = str(self._part / "tmp")
        values = child.environment(TMPDIR=place, TEMP=place, TMP=place, PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0")
        return {name: value for name, value in values.items() if name.upper() not in _PIP_DROPPED}

    def _progress(self, requirements: int) -> PipProgress:
        return PipProgress(variant_of(self.variant).download, requirements * _PACKAGES_PER_REQUIREMENT)

    def _run(
        self,
        arguments: list[str | Path],
        log: IO[bytes],
        held: int,
        environ: dict[str, str],
        progress: PipProgress | None = None,
    ) -> None:
        """Runs a step to its end. Raises SetupError if it fails, _Cancelled if it was asked to stop."""
        self._stop_if_cancelled()
        start = log.seek(0, os.SEEK_END)
        # The lock stays held while pip works, even where Blender has gone.
        options = {} if os.name == "nt" else {"pass_fds": (held,)}
        process = child.start_logged(arguments, log, env=environ, cwd=self._part, **options)
        packages = self._packages_folder()
        with open(self.log, encoding="utf-8", errors="replace") as reader:
            reader.seek(start)
            unread = ""
            while True:
                ended = process.poll() is not None
                *lines, unread = (unread + reader.read()).split("\n")
                if progress is not None:
                    for line in lines:
                        progress.read(line)
                    progress.look(self._part / "tmp", packages)
                    self._show(progress.phase, progress.fraction)
                if ended:
                    break
                if self._cancel.wait(_TICK):
                    child.kill(process)
                    raise _Cancelled
                if progress is not None and progress.unanswered >= _MOST_UNANSWERED:
                    child.kill(process)
                    raise SetupError(explain(self.log.read_text("utf-8", "replace"), None))
            reader.seek(start)
            said = reader.read()
        if process.returncode != 0:
            raise SetupError(explain(said, process.returncode))

    def _packages_folder(self) -> Path:
        inside = sorted((self._part / "lib").glob("python3*/site-packages")) if os.name != "nt" else []
        return inside[0] if inside else self._part / "Lib" / "site-packages"

    def _show(self, phase: str, fraction: float) -> None:
        self._status = Status("running", phase, fraction)

    def _stop_if_cancelled(self) -> None:
        if self._cancel.is_set():
            raise _Cancelled
