"""Draws a mesh over the 3D views. It is no object in the scene, so that it is in no file, render, selection or undo step."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

MAX_TRIANGLES = 100_000
MAX_FILE_BYTES = 64 * 2**20
# A light from above the viewer's left shoulder in Blender's front view.
LIGHT = np.array([-0.4, -0.6, 0.7])
AMBIENT = 0.45


# vertices float32 [vertices, 3], triangles int32 [triangles, 3], colors float32 [vertices, 3] or, with opacity, [vertices, 4].
Mesh = tuple[np.ndarray, np.ndarray, np.ndarray]


class Overlay:
    """Draws one mesh at most. job: the id of the job it belongs to; empty where nothing is drawn."""

    def __init__(self) -> None:
        self._handle = self._batch = self._shader = None
        self._location = (0.0, 0.0, 0.0)
        self.job = self.scene = ""

    def show(self, job: str, mesh: Mesh, location: tuple[float, float, float], scene: str) -> None:
        """Replaces what is drawn. mesh: from `shaded_preview`; location: of its origin, world space; scene: the name of the one
        whose views show it."""
        if bpy.app.background:
            return
        import gpu
        from gpu_extras.batch import batch_for_shader

        vertices, triangles, colors = mesh
        self._shader = self._shader or gpu.shader.from_builtin("SMOOTH_COLOR")
        self._batch = batch_for_shader(self._shader, "TRIS", {"pos": vertices, "color": colors}, indices=triangles)
        self._location, self.job, self.scene = tuple(location), job, scene
        if self._handle is None:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")
        _redraw()

    def clear(self) -> None:
        """Draws nothing."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            _redraw()
        self._handle = self._batch = None
        self.job = ""

    def _draw(self) -> None:
        if bpy.context.scene.name != self.scene:
            return
        import gpu

        with gpu.matrix.push_pop():
            gpu.matrix.translate(self._location)
            gpu.state.depth_test_set("LESS_EQUAL")
            gpu.state.depth_mask_set(True)
            self._batch.draw(self._shader)
            gpu.state.depth_mask_set(False)
            gpu.state.depth_test_set("NONE")


def _redraw() -> None:
    """Redraws the 3D views."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions if area.type == "VIEW_3D" else ():
                if region.type == "WINDOW":
                    region.tag_redraw()


def shaded_preview(path: Path, size: float | None = None) -> Mesh | None:
    """Reads and shades a preview mesh; touches no bpy, so that a thread can call it. None where it can't be drawn.

    size: it stands on its location's floor with a longest side of so many metres, 0 for its own; None leaves it as it is.
    """
    mesh = read_preview(path)
    if mesh is None:
        return None
    vertices = mesh[0] if size is None else standing(mesh[0], size)
    return vertices, mesh[1], shade(*mesh)


def standing(vertices: np.ndarray, size: float) -> np.ndarray:
    """Vertices [vertices, 3] in a size, their middle above the origin, the lowest at Z = 0."""
    low, high = vertices.min(0), vertices.max(0)
    longest = float((high - low).max())
    foot = np.array([*((low + high) / 2)[:2], low[2]])
    return np.float32((vertices - foot) * (size / longest if size > 0 and longest > 0 else 1.0))


def read_preview(path: Path) -> Mesh | None:
    """A preview mesh, its colors in [0, 1]; None where there is none that can be drawn."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return None
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            vertices = np.ascontiguousarray(file["vertices"], np.float32)
            triangles = np.ascontiguousarray(file["triangles"], np.int32)
            colors = file["colours"].astype(np.float32) / 255
    except Exception:
        # Archives and arrays that are damaged fail in many ways.
        return None
    shaped = vertices.ndim == 2 and vertices.shape[1:] == (3,) == triangles.shape[1:] and colors.shape == vertices.shape
    if not shaped or not 0 < len(triangles) <= MAX_TRIANGLES or not np.isfinite(vertices).all():
        return None
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        return None
    return vertices, triangles, colors


def shade(vertices: np.ndarray, triangles: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Colors of the vertices under one light (Lambert, and AMBIENT) with opacity 1, float32 [vertices, 4]."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    faces, normals = np.cross(b - a, c - a), np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    bright = AMBIENT + (1 - AMBIENT) * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    return np.concatenate([colors * bright[:, None], np.ones((len(vertices), 1))], 1).astype(np.float32)
