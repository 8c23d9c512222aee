"""The live preview: the scene as it is being made, drawn in the 3D views.

It is drawn over the scene instead of being an object in it, so that it is never in a file, a render, a selection or an undo
step.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

MOST_TRIANGLES = 100_000
LARGEST_FILE = 64 * 2**20
# A soft light from above the viewer's left shoulder in Blender's front view.
LIGHT = np.array([-0.4, -0.6, 0.7])
AMBIENT = 0.45


class Overlay:
    """Draws at most one mesh. location: where its origin is, in world space."""

    def __init__(self) -> None:
        self._handle = self._batch = self._shader = None
        self._location = (0.0, 0.0, 0.0)
        self.job = ""

    def show(self, job: str, mesh: tuple[np.ndarray, np.ndarray, np.ndarray], location: tuple[float, float, float]) -> None:
        """Replaces what is drawn. mesh: as `lit_preview` gives it."""
        if bpy.app.background:
            return
        import gpu
        from gpu_extras.batch import batch_for_shader

        vertices, triangles, colours = mesh
        self._shader = self._shader or gpu.shader.from_builtin("SMOOTH_COLOR")
        self._batch = batch_for_shader(self._shader, "TRIS", {"pos": vertices, "color": colours}, indices=triangles)
        self._location, self.job = tuple(location), job
        if self._handle is None:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")
        _redraw()

    def clear(self) -> None:
        """Draws nothing more."""
        if self._handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            _redraw()
        self._handle = self._batch = None
        self.job = ""

    def _draw(self) -> None:
        import gpu

        with gpu.matrix.push_pop():
            gpu.matrix.translate(self._location)
            gpu.state.depth_test_set("LESS_EQUAL")
            gpu.state.depth_mask_set(True)
            self._batch.draw(self._shader)
            gpu.state.depth_mask_set(False)
            gpu.state.depth_test_set("NONE")


def _redraw() -> None:
    """Asks the 3D views to be drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions if area.type == "VIEW_3D" else ():
                if region.type == "WINDOW":
                    region.tag_redraw()


def lit_preview(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """`read_preview` with colours as they are drawn, float32 [V, 4]; needs nothing of Blender's."""
    mesh = read_preview(path)
    return None if mesh is None else (mesh[0], mesh[1], lit(*mesh))


def read_preview(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """vertices float32 [V, 3], triangles int32 [T, 3] and colours float32 [V, 3] in [0, 1] of a preview mesh; None where there
    is none that can be drawn."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            vertices = np.ascontiguousarray(file["vertices"], np.float32)
            triangles = np.ascontiguousarray(file["triangles"], np.int32)
            colours = file["colours"].astype(np.float32) / 255
    except Exception:
        # Archives and arrays that are damaged fail in many ways.
        return None
    shaped = vertices.ndim == 2 and vertices.shape[1:] == (3,) == triangles.shape[1:] and colours.shape == vertices.shape
    if not shaped or not 0 < len(triangles) <= MOST_TRIANGLES or not np.isfinite(vertices).all():
        return None
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        return None
    return vertices, triangles, colours


def lit(vertices: np.ndarray, triangles: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Colours of the vertices under one light, with opacity, float32 [V, 4]."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    faces, normals = np.cross(b - a, c - a), np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    bright = AMBIENT + (1 - AMBIENT) * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    return np.concatenate([colours * bright[:, None], np.ones((len(vertices), 1))], 1).astype(np.float32)
