"""Textures: every texel asks the field for its colour."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
import torch

from engine.mesh.surface import Mesh
from engine.scene.field import Field

# Metres below the surface at which the colour is read; averaged with the density as weight.
DEPTHS = (0.0, 0.015, 0.03)


@torch.no_grad()
def bake(field: Field, mesh: Mesh, uv: np.ndarray, time: float, texture: int) -> np.ndarray:
    """The albedo at `time`, sRGB uint8 [texture, texture, 3], row 0 at the top (v = 1); padded beyond the charts."""
    row, column, triangle, weights = rasterise(uv, texture)
    image = np.zeros((texture, texture, 3), np.uint8)
    if len(row) == 0:
        return image
    corners = mesh.triangles[triangle]
    points = np.einsum("tk,tkx->tx", weights, mesh.vertices[corners])
    normals = np.einsum("tk,tkx->tx", weights, vertex_normals(mesh)[corners])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    device, colour, total = field.device, 0.0, 1e-6
    for depth in DEPTHS:
        at = torch.from_numpy((points - depth * normals).astype(np.float32)).clamp(-1, 1).to(device)
        density, value = field(at, torch.tensor([time], device=device))
        colour = colour + density[0, :, None] * value[0]
        total = total + density[0, :, None]
    image[row, column] = ((colour / total).clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    covered = np.zeros((texture, texture), bool)
    covered[row, column] = True
    nearest = scipy.ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
    return image[nearest[0], nearest[1]]


def rasterise(uv: np.ndarray, texture: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Texels whose centre is in a triangle of uv [triangles, 3, 2].

    Returns row and column (row 0 at the top) and triangle index, [texels] each, and barycentric weights [texels, 3].
    """
    corners = uv.astype(np.float64) * texture - 0.5
    low = np.clip(np.ceil(corners.min(1)).astype(int), 0, texture)
    high = np.clip(np.floor(corners.max(1)).astype(int) + 1, low, texture)
    spans = high - low
    counts = spans[:, 0] * spans[:, 1]
    triangle = np.repeat(np.arange(len(uv)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    width = np.maximum(spans[triangle, 0], 1)
    x, y = low[triangle, 0] + within % width, low[triangle, 1] + within // width
    a, b, c = (corners[triangle, corner] for corner in range(3))
    p = np.stack([x, y], -1)
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.stack([_cross(b - p, c - p) / area, _cross(c - p, a - p) / area, _cross(a - p, b - p) / area], -1)
    inside = (weights >= -1e-9).all(1)
    return texture - 1 - y[inside], x[inside], triangle[inside], weights[inside]


def vertex_normals(mesh: Mesh) -> np.ndarray:
    """Area-weighted unit normals, float64 [vertices, 3]."""
    a, b, c = (mesh.vertices[mesh.triangles[:, corner]].astype(np.float64) for corner in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.zeros((len(mesh.vertices), 3))
    for corner in range(3):
        np.add.at(normals, mesh.triangles[:, corner], faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
