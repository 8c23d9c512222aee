"""The environments in a folder: which are ours, which is the newest that works, and taking them away.

    engine-<version>/        a finished environment; mav3d-engine.json in it says that this extension made it, and how
    engine-<version>.part/   one that is being made
    engine-<version>.old/    one that is being removed
    engine-<version>.log     what uv or pip said
    engine-uv/               uv and its Pythons, which the environments are made from
    engine.lock              held while something is made or removed here
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ..common.background import Background
from ..common.files import write_atomically
from .packages.requirements import ENGINE_REQUIREMENTS, SetupError, read_requirements, stamp

MARKER = "mav3d-engine.json"
LOCK = "engine.lock"
TOOLS = "engine-uv"
MADE_BY = "MAV3D for Blender"
_FINISHED = re.compile(r"engine-([0-9A-Za-z][0-9A-Za-z.+_-]*)")
_ASIDE = (".part", ".old", ".log", ".lock")


@dataclass(frozen=True)
class Marker:
    """version: the extension's. stamp: of the list of packages. python: the base interpreter's version, as text."""

    version: str
    variant: str
    stamp: str
    python: str
    complete: bool
    made_by: str = MADE_BY


@dataclass(frozen=True)
class Removal:
    """What `uninstall` did: the folders that are gone, and a sentence for each that stayed."""

    removed: tuple[Path, ...]
    stayed: tuple[str, ...]


def interpreter(environment: Path) -> Path:
    """Where the Python program of a virtual environment is."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def read_marker(environment: Path) -> Marker | None:
    """None where `environment` is not one that this extension made."""
    try:
        if environment.is_symlink():
            return None
        values = json.loads((environment / MARKER).read_text("utf-8"))
        marker = Marker(**values)
    except (OSError, ValueError, TypeError):
        return None
    return marker if marker.made_by == MADE_BY else None


def write_marker(environment: Path, marker: Marker) -> None:
    write_atomically(environment / MARKER, json.dumps(asdict(marker), indent=2) + "\n")


def installed(folder: Path) -> Path | None:
    """The interpreter of the newest finished environment in `folder`, by a few file reads; None where there is none."""
    found = []
    for environment in _environments(folder):
        marker = read_marker(environment)
        if marker and marker.complete and not environment.name.endswith(_ASIDE) and interpreter(environment).is_file():
            found.append((_order(marker.version), environment))
    return interpreter(max(found)[1]) if found else None


def needs_update(python: Path, requirements: Path = ENGINE_REQUIREMENTS) -> bool:
    """Whether the environment of `python` was made from another list of packages than `requirements`; False where this
    extension did not make it. Raises SetupError where the list can't be read."""
    marker = read_marker(python.parent.parent)
    return marker is not None and marker.stamp != stamp(read_requirements(requirements))


def uninstall(folder: Path) -> Background[Removal]:
    """Starts removing all environments in `folder` that this extension made, and nothing else; `.poll()` gives the Removal, or
    raises SetupError where an installation is running there."""
    return Background(remove_all, folder)


def remove_all(folder: Path) -> Removal:
    """`uninstall`, waiting. Raises SetupError where an installation is running in `folder`."""
    removed, stayed = [], []
    if not any(read_marker(environment) for environment in _environments(folder)):
        return Removal((), (f"There is no engine in {folder} that was installed from here.",))
    with lock(folder):
        in_use = False
        # Environments go before the Pythons that they are made from.
        for environment in sorted(_environments(folder), key=lambda path: path.name.startswith(TOOLS)):
            marker = read_marker(environment)
            if marker is None:
                stayed.append(f"{environment} stays: it was not installed from here.")
                continue
            if in_use and environment.name.startswith(TOOLS):
                continue
            try:
                remove(environment)
                (folder / f"engine-{marker.version}.log").unlink(missing_ok=True)
                removed.append(environment)
            except OSError as error:
                in_use = True
                reason = error.strerror or error
                stayed.append(f"{environment} can't be removed ({reason}): stop the engine and try again.")
    return Removal(tuple(removed), tuple(stayed))


def remove(environment: Path) -> None:
    """Removes an environment of ours: put aside first, so that half of one never looks whole, and its marker last, so that an
    interrupted removal can be taken up. Raises OSError."""
    if read_marker(environment) is None:
        raise PermissionError(f"{environment} was not made by this extension")
    aside = environment if environment.name.endswith((".part", ".old")) else put_aside(environment)
    for entry in os.scandir(aside):
        if entry.name != MARKER:
            _delete(entry)
    (aside / MARKER).unlink()
    aside.rmdir()


def put_aside(environment: Path) -> Path:
    """Renames an environment of ours to its .old name, which is made free; gives that. Raises OSError."""
    aside = environment.with_name(environment.name + ".old")
    if aside.exists():
        remove(aside)
    replace_patiently(environment, aside)
    return aside


def replace_patiently(source: Path, target: Path, seconds: float = 10.0) -> None:
    """Renames; on Windows a virus scanner may hold new files for a moment, so it is tried for `seconds`. Raises OSError."""
    end = time.monotonic() + (seconds if sys.platform == "win32" else 0)
    while True:
        try:
            return os.rename(source, target)
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.25)


@contextmanager
def lock(folder: Path) -> Iterator[int]:
    """Holds `folder` against another Blender; gives the lock's file descriptor. Raises SetupError where it is held.

    The system lets go of it when the last process that has the descriptor ends, whatever ends it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            sentence = f"An installation is running in {folder} already: wait for it, or choose another folder."
            raise SetupError(sentence) from error
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _environments(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _FINISHED.fullmatch(path.name) and path.is_dir())
    except OSError:
        return []


def _order(version: str) -> list[tuple[int, str]]:
    """Versions in the order of their numbers: 0.10.0 after 0.9.1."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"[.+_-]", version)]


def _delete(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        option = "onexc" if sys.version_info >= (3, 12) else "onerror"
        shutil.rmtree(entry.path, **{option: _writable_then_again})
    else:
        os.unlink(entry.path)


def _writable_then_again(function, path, _error) -> None:
    """What Windows marks as read-only can't be removed until it is not."""
    os.chmod(path, stat.S_IWRITE | stat.S_IREAD | stat.S_IEXEC)
    function(path)
