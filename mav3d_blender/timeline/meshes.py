"""Meshes from arrays, with Blender's fast setters."""

from __future__ import annotations

import bpy
import numpy as np

from .asset_folder.asset import FrameMesh, Polygons

UV_NAME = "UVMap"


def make_mesh(name: str, frame: FrameMesh) -> bpy.types.Mesh:
    """A smooth-shaded mesh of triangles, or of the frame's polygons, with one UV layer."""
    faces = frame.polygons or _triangles(frame)
    count = len(faces.counts)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(frame.vertices))
    mesh.loops.add(len(faces.corners))
    mesh.polygons.add(count)
    mesh.attributes["position"].data.foreach_set("vector", frame.vertices.ravel())
    mesh.loops.foreach_set("vertex_index", faces.corners)
    mesh.polygons.foreach_set("loop_start", np.int32(np.cumsum(faces.counts) - faces.counts))
    mesh.uv_layers.new(name=UV_NAME).uv.foreach_set("vector", faces.uv.ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(count, bool))
    mesh.update(calc_edges=True)
    mesh.validate()
    return mesh


def _triangles(frame: FrameMesh) -> Polygons:
    counts = np.full(len(frame.triangles), 3, np.int32)
    return Polygons(frame.triangles.ravel(), counts, frame.uv.reshape(-1, 2))
