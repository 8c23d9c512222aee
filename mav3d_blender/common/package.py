"""What the add-on is called where it is installed, and where its files are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

# "bl_ext.<repository>.mav3d" as an extension; "mav3d_blender" where it is used from its source folder.
NAME = __package__.removesuffix(".common").removesuffix(".mav3d_blender")
# The folder with `engine/` in it.
ROOT = Path(__file__).resolve().parents[2]
# In the user folder.
JOBS, HISTORY, ENGINE_LOG, FETCH_LOG = "jobs", "history.json", "engine.log", "fetch.log"


def user_folder() -> Path:
    """The folder for jobs, environments and logs; upgrades of the extension leave it alone."""
    try:
        return Path(bpy.utils.extension_path_user(NAME, create=True))
    except ValueError:
        # Not installed as an extension: used from its source folder, by tests and scripts.
        base = bpy.utils.user_resource("DATAFILES", path="mav3d", create=True)
        return Path(base or Path(tempfile.gettempdir()) / "mav3d")


def user_path(name: str) -> Path:
    """One of the files in the user folder."""
    return user_folder() / name
