"""Texture coordinates for a mesh."""

from __future__ import annotations

import math

import numpy as np
import xatlas

from engine.mesh.edges import triangles_per_edge
from engine.mesh.surface import Mesh


def unwrap(mesh: Mesh, texture: int) -> np.ndarray:
    """UV of every triangle's corners in [0, 1], float32 [triangles, 3, 2], origin bottom left; charts never overlap.

    texture: pixels a side, which the gaps between charts are made for. A mesh that is not a closed manifold gets one cell a
    triangle instead of charts, since xatlas can take hours over one; and so does one that xatlas finds no finite charts for.
    """
    if not is_closed(mesh):
        return _triangle_cells(len(mesh.triangles), texture)
    atlas = xatlas.Atlas()
    atlas.add_mesh(_in_unit_size(mesh.vertices), mesh.triangles.astype(np.uint32))
    pack = xatlas.PackOptions()
    pack.resolution, pack.padding, pack.bilinear = texture, 3, True
    charts = xatlas.ChartOptions()
    charts.max_iterations = 1
    atlas.generate(charts, pack)
    _, indices, uv = atlas[0]
    found = np.ascontiguousarray(uv[indices], np.float32)
    if found.shape != (len(mesh.triangles), 3, 2) or not np.isfinite(found).all():
        return _triangle_cells(len(mesh.triangles), texture)
    return found


def _in_unit_size(vertices: np.ndarray) -> np.ndarray:
    """About their middle, in a box of diagonal 1, float32: xatlas compares lengths and areas with fixed numbers."""
    low, high = vertices.min(0).astype(np.float64), vertices.max(0).astype(np.float64)
    size = float(np.linalg.norm(high - low))
    return ((vertices - (low + high) / 2) / (size if size > 0 else 1.0)).astype(np.float32)


def is_closed(mesh: Mesh) -> bool:
    """Whether every edge has exactly two triangles."""
    return bool((triangles_per_edge(mesh.triangles) == 2).all())


def _triangle_cells(count: int, texture: int) -> np.ndarray:
    """Two right triangles a square cell, with a gap of a pixel around each."""
    side = max(1, math.ceil(math.sqrt(math.ceil(count / 2))))
    index = np.arange(count)
    column, row = (index // 2) % side, (index // 2) // side
    gap = min(1.5 * side / texture, 0.2)
    lower = np.array([[gap, gap], [1 - 2.4 * gap, gap], [gap, 1 - 2.4 * gap]])
    corners = np.where((index % 2 == 0)[:, None, None], lower, 1 - lower)
    return ((corners + np.stack([column, row], -1)[:, None]) / side).astype(np.float32)
