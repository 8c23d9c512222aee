"""A job on a host and its folder here, which gets what whoever asked is to see of it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files import replace_folder, write_text
from .host import JOBS
from .ssh import Ssh
from .transfer import get_files

# In a job folder whose job is on a host: {"host", "folder", "job"}.
NOTE = "remote.json"
_AT_START, _AT_END = ("job.json", "job.*.json"), ("job.json", "job.*.json", "events.jsonl", "previews/metrics.png")


@dataclass
class RemoteJob:
    """message: what asked for it, with this computer's paths. there: its folder on the host; here: its folder on this computer.
    asset: where its result goes; where that is not in `here`, nothing else of it is kept. sent: whether the engine there has
    it. cancel: the message that cancels it, if there was one. seen: messages that were passed on, by kind."""

    message: dict[str, Any]
    there: str
    here: Path
    asset: Path
    sent: bool = False
    cancel: dict[str, Any] | None = None
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, message: dict[str, Any], work: str) -> RemoteJob:
        """work: the absolute path of the host's work folder."""
        here = Path(message["folder"])
        asset = Path(message.get("output") or here / "asset")
        message = {key: value for key, value in message.items() if key != "output"}
        return cls(message, f"{work}/{JOBS}/{message['job']}", here, asset)

    @property
    def name(self) -> str:
        return self.message["job"]

    @property
    def mirrored(self) -> bool:
        return self.asset.parent == self.here

    def fetch_start(self, ssh: Ssh) -> None:
        """Makes the folder here, with the job's request. Raises HostError, OSError."""
        if not self.mirrored:
            return
        self.here.mkdir(parents=True, exist_ok=True)
        get_files(ssh, self.there, _AT_START, self.here)
        note = {"host": ssh.host.name, "folder": ssh.host.folder, "job": self.name}
        write_text(self.here / NOTE, json.dumps(note) + "\n")

    def fetch_file(self, ssh: Ssh, path: str) -> Path | None:
        """Brings one file of the job's folder; None where it is gone, or no file of its. Raises as `fetch_start`."""
        name = path.removeprefix(self.there + "/")
        if not self.mirrored or name == path or not get_files(ssh, self.there, [name], self.here):
            return None
        return self.here / name

    def fetch_end(self, ssh: Ssh, with_asset: bool) -> None:
        """Brings what is left to bring when the job has ended: its asset, whole or not at all, and its record. Raises as
        `fetch_start`."""
        if self.mirrored:
            get_files(ssh, self.there, _AT_END, self.here)
        if not with_asset:
            return
        part = self.asset.with_name(self.asset.name + ".part")
        # What was cut goes on, what is of an earlier result does not stay.
        part.mkdir(parents=True, exist_ok=True)
        names = get_files(ssh, f"{self.there}/asset", ["*"], part)
        for path in part.rglob("*"):
            if path.is_file() and path.relative_to(part).as_posix() not in names:
                path.unlink()
        old = self.asset.with_name(self.asset.name + ".old")
        replace_folder(part, self.asset, old)
        shutil.rmtree(part, ignore_errors=True)

    def words(self, text: Any) -> Any:
        """A sentence about the job with its folder here in place of the one there."""
        if not isinstance(text, str):
            return text
        return text.replace(f"{self.there}/asset", str(self.asset)).replace(self.there, str(self.here))


def read_note(folder: Path) -> dict[str, str]:
    """Where the job of a folder is; empty where it is here. Raises no error for a note that can't be read."""
    try:
        note = json.loads((folder / NOTE).read_text("utf-8"))
        return {key: str(note[key]) for key in ("host", "folder", "job")}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def job_name(folder: Path, anew: bool = False) -> str:
    """What the job of a folder here is called there: the same when the same command comes again. anew: another one."""
    if not anew and (noted := read_note(folder).get("job")):
        return noted
    path = str(folder.absolute())
    mark = secrets.token_hex(6) if anew else hashlib.sha256(f"{socket.gethostname()}\0{path}".encode()).hexdigest()[:12]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.absolute().name).strip("-_")[:60]
    return f"{stem or 'job'}-{mark}"
