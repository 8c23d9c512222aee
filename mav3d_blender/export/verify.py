"""What a file holds, compared with what the object shows: the file is read again into a scene for the moment."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from .active_scene import active_scene
from .write import read

# How far, as a share of the size, the box of a mesh may be from where it was.
TOLERANCE = 0.02
# Frames at which they are compared, as shares of the clip.
MOMENTS = (0.0, 0.33, 0.5, 1.0)


class ExportError(Exception):
    """Why a file could not be written, or does not hold what it should; one sentence."""


def boxes(scene: bpy.types.Scene, hosts: list[bpy.types.Object], last: int) -> np.ndarray:
    """Corners of the box of what `hosts` show in the context's `scene`, world: [moments, 2, 3]. Raises ExportError where they
    show nothing, or numbers that are not finite, which no file may hold."""
    found = []
    for moment in MOMENTS:
        scene.frame_set(round(moment * last))
        graph = bpy.context.evaluated_depsgraph_get()
        points = [_points(host.evaluated_get(graph)) for host in hosts]
        points = np.concatenate([each for each in points if len(each)] or [np.zeros((0, 3))])
        if not len(points):
            raise ExportError(f"there is no mesh at frame {scene.frame_current}")
        if not np.isfinite(points).all():
            raise ExportError(f"its mesh has numbers that are not finite at frame {scene.frame_current}, undo what made them")
        found.append([points.min(0), points.max(0)])
    return np.array(found)


def check_file(path: Path, kind: str, expected: np.ndarray, scene: bpy.types.Scene, last: int) -> None:
    """Reads the file again. Raises ExportError where its mesh is not in the `expected` boxes, as `boxes` gives them."""
    before = {each for collection in _collections() for each in collection}
    temporary = bpy.data.scenes.new("MAV3D Check")
    try:
        temporary.render.fps, temporary.render.fps_base = scene.render.fps, scene.render.fps_base
        with active_scene(temporary):
            read(path, kind)
            # Importers put shapes of bones, which nobody sees, beside what the file holds.
            meshes = [item for item in temporary.objects if item.type == "MESH" and item.visible_get()]
            if not meshes:
                raise ExportError("it holds no mesh")
            found = boxes(temporary, meshes, last)
    finally:
        added = [each for collection in _collections() for each in collection if each not in before]
        bpy.data.batch_remove(added)
    size = max(float(np.linalg.norm(np.ptp(expected.reshape(-1, 3), axis=0))), 1e-9)
    away = np.abs(found - expected).max((1, 2)) / size
    if away[0] > TOLERANCE:
        raise ExportError("its mesh is not where Blender shows it")
    if away.max() > TOLERANCE:
        raise ExportError("its motion is not the one that Blender shows")


def _points(shown: bpy.types.Object) -> np.ndarray:
    """Vertices of an evaluated object, world, [V, 3]."""
    mesh = shown.to_mesh()
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    shown.to_mesh_clear()
    matrix = np.array(shown.matrix_world)
    return points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def _collections() -> list[bpy.types.bpy_prop_collection]:
    """All of Blender's lists of data."""
    names = [each.identifier for each in bpy.data.bl_rna.properties if each.type == "COLLECTION"]
    return [getattr(bpy.data, name) for name in names]
