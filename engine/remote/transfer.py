"""Files to a host and from it, by sftp: resumed where they were cut, and right by their hashes on both sides."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..contract.errors import HostError, TransferError, UnreachableError
from .files import PART, FileState, file_state, inside, take_parts
from .ssh import Ssh

TRIES = 3
PAUSE_S = 0.5


def put_files(ssh: Ssh, folder: str, files: dict[str, Path]) -> None:
    """Brings files to a folder of the host's. files: by their names there, with /.

    Raises UnreachableError where the connection ends, after which the same call goes on, and TransferError.
    """
    states = {name: _state(path) for name, path in files.items()}
    wanted = {name: state.sha256 for name, state in states.items()}
    _check_names(wanted)
    missing = _ask(ssh, {"do": "take", "folder": folder, "files": wanted})["missing"]
    for _ in range(TRIES):
        if not missing:
            return
        wrong = [name for name, size in missing.items() if size >= max(1, states[name].size)]
        if wrong:
            _ask(ssh, {"do": "drop", "folder": folder, "files": wrong})
        lines = []
        for name, size in missing.items():
            verb = "reput" if size and name not in wrong else "put"
            lines.append(f"{verb} {quoted(str(files[name]))} {quoted(f'{folder}/{name}{PART}')}")
        try:
            ssh.sftp(lines)
        except UnreachableError:
            raise
        except HostError as error:
            raise TransferError(_refused(ssh, folder, sum(states[name].size for name in missing), error)) from error
        missing = _ask(ssh, {"do": "take", "folder": folder, "files": wanted})["missing"]
    raise TransferError(f"{next(iter(missing))} does not get to {ssh.host.name} as it is here: the disk there may be full.")


def get_files(ssh: Ssh, folder: str, patterns: Iterable[str], here: Path) -> list[str]:
    """Brings the files of a host's folder that the patterns mean into the folder `here`; returns their names.

    Raises as `put_files`, and OSError where they can't be written here.
    """
    for attempt in range(TRIES):
        listed = _ask(ssh, {"do": "list", "folder": folder, "patterns": list(patterns)})["files"]
        states = {name: FileState(int(size), str(sha256)) for name, (size, sha256) in listed.items()}
        try:
            missing = take_parts(here, {name: state.sha256 for name, state in states.items()})
        except ValueError as error:
            raise TransferError(f"{ssh.host.name} offers a file that can't be one ({error}).") from error
        if not missing:
            return list(states)
        lines = []
        for name, size in missing.items():
            part = inside(here, name + PART)
            if size >= states[name].size:
                # All of it is here, and wrong.
                part.unlink(missing_ok=True)
            lines.append(f"reget {quoted(f'{folder}/{name}')} {quoted(str(part))}")
        try:
            ssh.sftp(lines)
        except UnreachableError:
            raise
        except HostError as error:
            # It may have been written anew meanwhile.
            if attempt + 1 == TRIES:
                raise TransferError(f"Files of {folder} on {ssh.host.name} can't be fetched ({error})") from error
        if not take_parts(here, {name: state.sha256 for name, state in states.items()}):
            return list(states)
        time.sleep(PAUSE_S)
    raise TransferError(f"Files of {folder} on {ssh.host.name} do not get here as they are there.")


def quoted(path: str) -> str:
    """A path as a word of sftp's commands. Raises TransferError for one with a line break."""
    if "\n" in path or "\r" in path:
        raise TransferError(f"The name {path!r} holds a line break: give the file another.")
    # On Windows both slashes do.
    path = path.replace("\\", "/") if os.name == "nt" else path.replace("\\", "\\\\")
    return '"' + path.replace('"', '\\"') + '"'


def _ask(ssh: Ssh, request: dict[str, Any]) -> dict[str, Any]:
    found = ssh.ask(request)
    if "error" in found:
        raise TransferError(
            f"{ssh.host.name} can't do that in {found.get('file') or request['folder']} ({found['error']}): make room or mend "
            "access there."
        )
    return found


def _refused(ssh: Ssh, folder: str, size: int, error: HostError) -> str:
    """Why files could not be written there."""
    free = int(_ask(ssh, {"do": "space", "folder": folder})["free"])
    if free < size:
        needed = -(-size // 2**20)
        return f"The disk of {ssh.host.name} is full: {free // 2**20} MB are free in {folder}, and {needed} MB needed."
    return f"{folder} on {ssh.host.name} can't be written to ({error})"


def _state(path: Path) -> FileState:
    try:
        return file_state(path)
    except OSError as error:
        raise TransferError(f"{path} can't be read ({error.strerror or error}): give another file.") from error


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        quoted(name)
