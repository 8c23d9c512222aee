"""An object's own mesh, before its modifiers and shape keys, as one mesh frame that the engine reads (`contract.track`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import numpy as np

from ..common.contract import track
from .geometry import of_own_mesh
from .materials import Materials
from .recording import CaptureError, unwritable


def write_base_mesh(host: bpy.types.Object, folder: Path) -> tuple[Path, list[str]]:
    """Writes the mesh of `host`, in metres along the world's axes about the object's origin, into a new `folder`.

    Vertices and faces are in their own order. Returns the file, and sentences on colors that are left out. Raises CaptureError,
    with nothing left behind, where that can't be.
    """
    try:
        folder.mkdir(parents=True)
        materials = Materials(folder)
        geometry = of_own_mesh(host, materials.number_of)
        if len(geometry.counts) == 0:
            raise CaptureError(f"{host.name} has no faces: choose a mesh that has a surface.")
        if not np.isfinite(geometry.vertices).all():
            raise CaptureError(f"{host.name} has vertices that are not finite: mend or remove them.")
        names = ("vertices", "corners", "counts", "uv", "colours", "material")
        arrays = {name: getattr(geometry, name) for name in names if getattr(geometry, name) is not None}
        path = folder / track.frame_name(1)
        np.savez(path, **arrays)
        materials.write()
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise unwritable(folder, error) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return path, materials.notes
