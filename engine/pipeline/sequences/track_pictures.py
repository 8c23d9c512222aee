"""Pictures of a mesh that moves, and of how well it follows the surfaces that were given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.mesh.picture import draw_shaded, labelled
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import Track
from engine.mesh.track.report import Report
from engine.scene.cameras import Cameras

PREVIEW, TILE, TILES = 256, 200, 8


def preview(positions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The mesh shaded, seen from the front right, uint8 [frames, size, size, 3]."""
    unit = _unit(positions)
    return np.stack([draw_shaded(Mesh(unit(place), triangles), _camera(), PREVIEW) for place in positions])


def report_picture(found: Track, meshes: list[Mesh]) -> np.ndarray:
    """Some frames: the surface that was given, and below it the one mesh with its edges, and the error of each frame."""
    chosen = np.unique(np.linspace(0, len(meshes) - 1, min(TILES, len(meshes))).round().astype(int))
    unit, columns = _unit(np.concatenate([mesh.vertices for mesh in meshes])[None]), []
    for index in chosen:
        error = found.report.frames[index]
        given = draw_shaded(Mesh(unit(meshes[index].vertices), meshes[index].triangles), _camera(), TILE)
        own = draw_shaded(Mesh(unit(found.positions[index]), found.triangles), _camera(), TILE, lines=True)
        name = f"frame {index + 1}" + (" (reference)" if index == found.report.reference else "")
        columns.append(np.concatenate([labelled(given, name), labelled(own, f"{error.distance:.2f} % away")]))
    return np.concatenate([np.concatenate(columns, 1), _curve(found.report, len(chosen) * TILE)])


def _curve(report: Report, width: int, height: int = 90) -> np.ndarray:
    """Mean distance and what is lost, over the frames."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for name, ink, left in (("distance", (40, 60, 140), 4), ("lost", (176, 32, 32), width // 2)):
        values = [getattr(frame, name) for frame in report.frames]
        top, wide = max(max(values), 0.5), width // 2 - 12
        what = "mean distance" if name == "distance" else "98 % of the surface within"
        draw.text((left, 2), f"{what}, 0 to {top:.2f} % of the size", fill=ink)
        line = [(left + wide * n / max(len(values) - 1, 1), height - 6 - (height - 26) * v / top) for n, v in enumerate(values)]
        draw.line(line, fill=ink, width=2)
    return np.array(image)


def _unit(positions: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Points of the whole sequence into a box that the camera sees whole."""
    low, high = positions.min((0, 1)), positions.max((0, 1))
    middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
    return lambda points: (points - middle) * (1.9 / size)


def _camera() -> Cameras:
    return Cameras(torch.tensor([0.5]), torch.tensor([0.25]))
