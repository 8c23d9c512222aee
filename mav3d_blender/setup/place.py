"""Where an environment may lie: room on the disk, and paths that Windows can still open."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .packages.requirements import SetupError
from .packages.variants import GB, Variant

_MAX_PATH = 259  # in characters, on a Windows that was not told otherwise
_MAX_INSIDE = 205  # of \engine-<version>.part\Lib\site-packages\ and torch's longest file name in it


def default_folder(user_folder: Path) -> Path:
    """`user_folder`, the extension's own; on Windows a shorter one where torch's long file names would not fit into it."""
    if fits(user_folder):
        return user_folder
    return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "MAV3D"


def fits(folder: Path) -> bool:
    """Whether the paths of an environment in `folder` stay short enough."""
    return sys.platform != "win32" or len(str(folder)) + _MAX_INSIDE <= _MAX_PATH or _long_paths_enabled()


def check_place(folder: Path, variant: Variant, begun: bool) -> None:
    """Raises SetupError where `folder` has too long a path, or too little room. begun: some of the room is taken already."""
    if not fits(folder):
        raise SetupError(f"{folder} is too long a path for Windows: choose a short folder, such as C:\\mav3d.")
    needed = variant.download if begun else variant.download + variant.disk
    place = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not place.is_dir():
        raise SetupError(f"{place} is a file, not a folder: choose another folder.")
    free = shutil.disk_usage(place).free
    if free < needed:
        raise SetupError(
            f"The engine ({variant.label}) needs {needed / GB:.1f} GB while it is installed and {free / GB:.1f} GB are free "
            f"where {folder} is: make room, or choose another folder."
        )


def _long_paths_enabled() -> bool:
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return winreg.QueryValueEx(key, "LongPathsEnabled")[0] == 1
    except OSError:  # no such setting
        return False
