"""The far side of setting up: what is there, and the engine's files out of their archive."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

from ..contract.version import VERSION
from .files import file_state

# What an archive holds.
PARTS = ("engine", "mav3d_blender", "requirements")


def state(folder: Path) -> dict[str, Any]:
    """What this computer has for the engine. folder: whose disk is asked for its room; made if it is not there."""
    found: dict[str, Any] = {"python": list(sys.version_info[:3]), "engine": VERSION, "torch": None, "cuda": "", "error": ""}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found["free"] = shutil.disk_usage(folder).free
        found["torch"] = metadata.version("torch")
        # Only this process, which asks for nothing else, loads it.
        torch = importlib.import_module("torch")
        if torch.cuda.is_available():
            found["cuda"] = torch.cuda.get_device_name(0)
    except metadata.PackageNotFoundError:
        pass  # the answer says so
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300]
    return found


def unpack(folder: Path, archive: Path, sha256: str) -> dict[str, Any]:
    """Puts the engine's files of an archive into the folder, in place of an earlier installation's, and removes the archive.

    Returns {} or {"error": sentence}.
    """
    try:
        if file_state(archive).sha256 != sha256:
            return {"error": "the archive is damaged"}
        if (folder / ".git").exists() or any((folder / name).is_symlink() for name in PARTS):
            return {"error": f"{folder} has files of another origin: update them there, or choose another folder"}
        part, old = folder / "unpacked.part", folder / "unpacked.old"
        for path in (part, old):
            shutil.rmtree(path, ignore_errors=True)
        with zipfile.ZipFile(archive) as file:
            if wrong := [name for name in file.namelist() if name.split("/")[0] not in PARTS or ".." in name.split("/")]:
                return {"error": f"the archive holds {wrong[0]!r}"}
            file.extractall(part)
        old.mkdir()
        for name in PARTS:
            if (folder / name).exists():
                os.replace(folder / name, old / name)
            os.replace(part / name, folder / name)
        shutil.rmtree(old)
        shutil.rmtree(part)
        archive.unlink()
        return {}
    except (OSError, zipfile.BadZipFile) as error:
        return {"error": str(error)}
