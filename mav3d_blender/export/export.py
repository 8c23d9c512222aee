"""Exports one result to a file: its own clip, from time 0, whatever hides it; what was written is read again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from ..common.files import replace_file
from ..timeline.geometry_nodes.sequence import sequence_of
from .clip_scene import clip_scene
from .verify import ExportError, boxes, check_file
from .write import FORMATS, with_suffix, write


def export(context: bpy.types.Context, host: bpy.types.Object, path: Path, kind: str, replace: bool = True) -> Path:
    """Writes `host` alone, with its armature if it has one, and returns the file, which has the format's ending.

    kind: one of FORMATS. replace: whether a file that is there is replaced; it stays until the new one is found right. Raises
    ExportError with one sentence where it can't be written or doesn't hold the mesh and its motion.
    """
    path, scene = with_suffix(path, kind), context.scene
    label = FORMATS[kind].label.split(" ")[0]
    if not FORMATS[kind].built_in:
        raise ExportError(f"This Blender was built without {label}: choose another format.")
    if FORMATS[kind].one_mesh and sequence_of(host) is not None:
        raise ExportError(
            f"{label} keeps one mesh that moves, and {host.name} has one mesh per frame: use To Shape Keys first, or "
            "choose USD or Alembic."
        )
    if _is_there(path) and not replace:
        raise ExportError(f"{path} exists: choose another name, or confirm that it is to be replaced.")
    _check_folder(path.parent)
    # The name of what is written aside ends as the exporters want it, and is not longer than the file system allows.
    part = path.with_name(f".{path.stem[:40]}.part{path.suffix}")
    if host.mode != "OBJECT":
        raise ExportError(f"{host.name} is being edited: leave {host.mode.replace('_', ' ').title()} Mode and export again.")
    try:
        with clip_scene(host, scene) as clip:
            last = clip.scene.frame_end
            expected = boxes(clip.scene, [clip.host], last)
            write(clip.scene, part, kind)
        if not part.is_file() or part.stat().st_size == 0:
            raise ExportError("Blender wrote nothing")
        try:
            check_file(part, kind, expected, scene, last)
        except ExportError as error:
            # Exporters leave modifiers out where a mesh has shape keys.
            names = [each.name for each in host.modifiers if each.type != "ARMATURE" and each.show_viewport]
            raise ExportError(f"{error}; apply or remove its modifier {names[0]}" if names else str(error)) from error
        replace_file(part, path)
    except (ExportError, RuntimeError, OSError) as error:
        raise ExportError(f"{path} could not be written: {_clause(error)}.") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _is_there(path: Path) -> bool:
    """Raises ExportError where the name is that of a folder, or none that the file system has."""
    try:
        # Blender writes names in UTF-8 alone.
        str(path).encode()
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except UnicodeEncodeError as error:
        shown = path.name[:40].encode("utf-8", "replace").decode()
        raise ExportError(f"{shown} can't be written in UTF-8, as Blender needs it: choose another name.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExportError(f"{path.name[:40]} can't be a file's name there ({reason}): choose another name.") from error
    if path.is_dir():
        raise ExportError(f"{path} is a folder: choose another name.")
    return True


def _check_folder(folder: Path) -> None:
    """Raises ExportError where nothing can be written to."""
    if not folder.is_dir():
        raise ExportError(f"The folder {folder} doesn't exist: make it, or choose another.")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ExportError(f"Can't write to {folder} ({error.strerror or error}): choose another folder.") from error


def _clause(error: Exception) -> str:
    """What an exporter says, as one clause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).removeprefix("Error: ").rstrip(".")[:300]
