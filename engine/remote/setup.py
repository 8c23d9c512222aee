"""Setting up the engine on a host: whether all is there that it needs, and installing it with the files that are here."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import HostError, UnreachableError
from ..contract.version import VERSION
from .files import file_state
from .host import Host
from .installed import PARTS
from .reasons import NOT_FOUND
from .ssh import Ssh
from .transfer import quoted

# The folder that holds `engine/`.
ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11")
OLDEST = (3, 11)
# Of a job, with room to spare; an environment needs about as much as its variant says.
FREE_MB = 2000
# What no engine needs on another computer.
_LEFT_OUT = ("engine/models/primitives/scorer/", "mav3d_blender/ui/")
_NEEDED = ("engine/", "mav3d_blender/__init__.py", "mav3d_blender/common/", "mav3d_blender/setup/", "requirements/engine.txt")


@dataclass(frozen=True)
class Line:
    """One line of a check. state: "ok", "missing" or "broken"."""

    name: str
    state: str
    sentence: str


def check_host(host: Host, stopped: Callable[[], bool] = lambda: False) -> list[Line]:
    """Connection, engine, device and disk of a host, as far as they can be looked at; never raises for what is wrong there."""
    try:
        with Ssh(host, stopped) as ssh:
            ssh.run("true")
            lines = [Line("Connection", "ok", f"{host.name} lets you in.")]
            try:
                found = ssh.ask({"do": "state", "folder": host.work})
            except UnreachableError:
                raise
            except HostError as error:
                return [*lines, Line("Engine", "missing", str(error))]
    except HostError as error:
        return [Line("Connection", "broken", str(error))]
    python, free = ".".join(map(str, found["python"])), int(found.get("free", 0)) // 2**20
    if found["engine"] != VERSION:
        sentence = f"Version {found['engine']} is there and {VERSION} here: install it there again."
        lines.append(Line("Engine", "broken", sentence))
    elif not found["torch"]:
        lines.append(Line("Engine", "missing", f"Python {python} there has no PyTorch: install the engine there."))
    elif found["error"]:
        lines.append(Line("Engine", "broken", f"PyTorch can't be used there ({found['error']}): install it again."))
    else:
        lines.append(Line("Engine", "ok", f"Version {VERSION}, Python {python}, torch {found['torch']}."))
    if host.device == "cuda" and not found["cuda"]:
        sentence = "CUDA is chosen, and PyTorch finds no card there: choose CPU, or mend its driver."
        lines.append(Line("Device", "broken", sentence))
    elif found["cuda"]:
        unused = "" if host.device == "cuda" else " It is not used: CUDA is not chosen."
        lines.append(Line("Device", "ok", f"{found['cuda']}.{unused}"))
    else:
        lines.append(Line("Device", "ok", "The CPU; no graphics card that PyTorch can use."))
    disk = "ok" if free >= FREE_MB else "broken"
    lines.append(Line("Disk", disk, f"{free} MB free in {host.folder}{'' if disk == 'ok' else ': make room there'}."))
    return lines


def install_there(
    host: Host,
    variant: str,
    show: Callable[[str, float], None],
    stopped: Callable[[], bool] = lambda: False,
    arguments: tuple[str, ...] = (),
    root: Path = ROOT,
) -> None:
    """Copies the engine's files from `root` to the host and makes its environment there, as it is made here.

    variant: "cpu" or "cuda". show: takes what is being done and how much of all is done, 0 to 1. arguments: more for the far
    side: the address of a package index. What was cut goes on when it is asked for again. Raises HostError with one sentence,
    and InterruptedError where `stopped` says so.
    """
    with Ssh(host, stopped) as ssh, tempfile.TemporaryDirectory() as temporary:
        show("Looking at Python there", 0.0)
        python = _python(ssh)
        show("Packing the engine", 0.01)
        archive = Path(temporary) / "engine.zip"
        pack(archive, root)
        sha256 = file_state(archive).sha256
        show(f"Sending {archive.stat().st_size / 1e6:.0f} MB", 0.02)
        there = f"{host.folder}/engine-{sha256[:16]}.zip"
        _send(ssh, archive, there)
        show("Unpacking", 0.1)
        answer = ssh.ask({"do": "unpack", "folder": host.folder, "archive": there, "sha256": sha256}, python, there)
        if "error" in answer:
            raise HostError(f"The engine can't be unpacked on {host.name}: {answer['error']}.")
        failed: list[str] = []

        def take(line: str) -> None:
            try:
                said = json.loads(line)
            except ValueError:
                return
            show(str(said.get("phase", "")), 0.1 + 0.9 * float(said.get("fraction", 0.0)))
            if said.get("state") == "failed":
                failed.append(str(said.get("sentence", "")))

        ssh.run(host.module("mav3d_blender.setup", host.folder, variant, *arguments, python=python), take)
        if failed:
            raise HostError(f"On {host.name}: {failed[0]}")


def pack(archive: Path, root: Path = ROOT) -> None:
    """Writes what a host needs of the project into a zip file: the same bytes for the same files."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for part in PARTS:
            for path in sorted((root / part).rglob("*")):
                name = path.relative_to(root).as_posix()
                if not path.is_file() or "__pycache__" in name or name.startswith(_LEFT_OUT) or not name.startswith(_NEEDED):
                    continue
                with open(path, "rb") as content:
                    info = zipfile.ZipInfo(name)
                    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                    file.writestr(info, content.read())


def _python(ssh: Ssh) -> str:
    """A Python of the host that the engine's environment can be made from. Raises HostError."""
    found = []
    for name in PYTHONS:
        try:
            said = ssh.run(f"{name} --version")
        except UnreachableError:
            raise
        except HostError as error:
            if ssh.code != NOT_FOUND:
                raise error
            continue
        version = re.search(r"Python (\d+)\.(\d+)", said)
        if version and tuple(map(int, version.groups())) >= OLDEST:
            return name
        found += [said.strip()]
    what = f"There is only {found[0]} on {ssh.host.name}" if found else f"There is no Python on {ssh.host.name}"
    raise HostError(f"{what}: install Python {'.'.join(map(str, OLDEST))} or newer there.")


def _send(ssh: Ssh, archive: Path, there: str) -> None:
    parts = ssh.host.folder.split("/")
    folders = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    ssh.sftp([f"-mkdir {quoted(folder)}" for folder in folders if folder])
    try:
        # Of what an earlier attempt has sent.
        ssh.sftp([f"reput {quoted(str(archive))} {quoted(there)}"])
    except UnreachableError:
        raise
    except HostError:
        ssh.sftp([f"put {quoted(str(archive))} {quoted(there)}"])
