"""Meshes from arrays, with Blender's fast setters."""

from __future__ import annotations

import bpy
import numpy as np

from .asset_folder.asset import FrameMesh

UV_NAME = "UVMap"


def make_mesh(name: str, frame: FrameMesh) -> bpy.types.Mesh:
    """A smooth-shaded triangle mesh with one UV layer."""
    count = len(frame.triangles)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(frame.vertices))
    mesh.loops.add(3 * count)
    mesh.polygons.add(count)
    mesh.attributes["position"].data.foreach_set("vector", frame.vertices.ravel())
    mesh.loops.foreach_set("vertex_index", frame.triangles.ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
    mesh.uv_layers.new(name=UV_NAME).uv.foreach_set("vector", frame.uv.ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(count, bool))
    mesh.update(calc_edges=True)
    mesh.validate()
    return mesh
