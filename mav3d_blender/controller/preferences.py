"""What the add-on's preferences say: which Python runs the engine, on which device, and where jobs are."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from ..common import package
from ..common.remote import FOLDER, Host
from ..setup.environments import installed
from ..setup.place import default_folder

# Those that this kind of computer can have, and another one may, with the numbers that preferences keep.
DEVICES = [
    ("CPU", "CPU", "Any computer", 0),
    ("CUDA", "CUDA", "An NVIDIA graphics card", 1),
    *([("MPS", "Metal", "Apple graphics", 2)] if sys.platform == "darwin" else []),
]


def addon_preferences() -> bpy.types.AddonPreferences | None:
    """The add-on's preferences; None where it is used without being installed."""
    addon = bpy.context.preferences.addons.get(package.NAME)
    return addon.preferences if addon else None


def engine_python() -> Path | None:
    """The interpreter that runs the engine: the one in the preferences, else that of the installed environment."""
    preferences = addon_preferences()
    if preferences is not None and preferences.engine_python.strip():
        return Path(bpy.path.abspath(preferences.engine_python.strip()))
    return installed(environments_folder())


def environments_folder() -> Path:
    """The folder that Install Engine puts its environment into."""
    return default_folder(package.user_folder())


def jobs_folder() -> Path:
    """The folder that jobs and their checkpoints are in."""
    preferences = addon_preferences()
    if preferences is not None and preferences.jobs_folder.strip():
        return Path(bpy.path.abspath(preferences.jobs_folder.strip()))
    return package.user_path(package.JOBS)


def engine_host() -> Host | None:
    """The computer that the engine runs on; None for this one. Raises HostError for a name that can't be."""
    preferences = addon_preferences()
    if preferences is None or not preferences.engine_host.strip():
        return None
    config = preferences.ssh_config.strip()
    config = bpy.path.abspath(config) if config else ""
    return Host(preferences.engine_host.strip(), preferences.host_folder.strip() or FOLDER, config, device())


def device() -> str:
    """The engine's device: "cpu", "cuda" or "mps"."""
    preferences = addon_preferences()
    return preferences.device.lower() if preferences is not None else "cpu"
