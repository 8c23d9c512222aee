"""The computer that the engine runs on, and what is there."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass

from ..contract.errors import HostError

FOLDER = ".mav3d"
# In the host's folder: the interpreter, and where jobs and the engine's socket and log are.
PYTHON, WORK, JOBS = ".venv/bin/python", "work", "jobs"
_NAME = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9_][A-Za-z0-9._%-]*")
_FOLDER = re.compile(r"[^\x00-\x1f:\x7f]+")


@dataclass(frozen=True)
class Host:
    """name: as `ssh` takes it, of the person's own ssh configuration. folder: there, from the home folder or from the root; it
    holds `engine/` and `.venv/`, as a checkout of this project does. config: a file of ssh's in place of the person's own.
    device: where tensors live there."""

    name: str
    folder: str = FOLDER
    config: str = ""
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Raises HostError for a name or a folder that can't be."""
        if not _NAME.fullmatch(self.name):
            raise HostError(
                f"{self.name!r} can't be a host: give a name of your ssh configuration, or user@name, without spaces or colons."
            )
        # What a home folder is called is the far shell's to know; here everything begins there anyway.
        folder = posixpath.normpath(self.folder.strip().removeprefix("~/"))
        if not _FOLDER.fullmatch(folder) or folder.startswith(("-", "~", "..")) or folder == ".":
            raise HostError(f"{self.folder!r} can't be a folder on {self.name}: give a path from the home folder or the root.")
        object.__setattr__(self, "folder", folder)

    @property
    def python(self) -> str:
        return f"{self.folder}/{PYTHON}"

    @property
    def work(self) -> str:
        return f"{self.folder}/{WORK}"

    def module(self, module: str, *arguments: str, python: str = "", path: str = "") -> str:
        """What the host's shell is to run: `module` of the engine's in the host's Python, or in `python`, which finds it in
        `path`."""
        # A program of its own sets variables in the same way for every shell.
        variables = [f"PYTHONPATH={path or self.folder}", "PYTHONNOUSERSITE=1", "PYTHONDONTWRITEBYTECODE=1"]
        words = ["env", *variables, python or self.python, "-P", "-u", "-m", module, *arguments]
        return " ".join(map(shlex.quote, words))
