"""Textures: every texel asks the field for its colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.ndimage
import torch

from engine.finite import check_finite
from engine.mesh.surface import Mesh
from engine.scene.field import Field

# Metres below the surface at which the colour is read; averaged with the density as weight.
DEPTHS = (0.0, 0.015, 0.03)
# Colours change truly if so large a share of the texels is so far from its median in one frame.
CHANGE, CHANGED_SHARE = 0.15, 0.1
MOMENTS = 8

# Row and column [texels], triangle [texels] and barycentric weights [texels, 3], as `rasterise` gives them.
Texels = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def bake(field: Field, mesh: Mesh, uv: np.ndarray, time: float, texture: int) -> np.ndarray:
    """The albedo at `time`, sRGB uint8 [texture, texture, 3], row 0 at the top (v = 1); padded beyond the charts."""
    return bake_sequence(field, mesh.vertices[None], mesh.triangles, uv, [time], texture)[0]


@torch.no_grad()
def bake_sequence(
    field: Field,
    positions: np.ndarray,
    triangles: np.ndarray,
    uv: np.ndarray,
    times: list[float],
    texture: int,
    report: Callable[[int, int], None] = lambda done, steps: None,
) -> list[np.ndarray]:
    """The albedo of one mesh that moves, read at positions [F, V, 3] and times [F]: each as `bake` gives it.

    One picture, the median over time, which what goes wrong in some frame does not show in; or one a frame where more than
    CHANGED_SHARE of the texels change by more than CHANGE, which is looked for at up to MOMENTS of them. report: called with
    how many times the colours have been read, and of how many; these become more where each frame has a picture.
    """
    texels = rasterise(uv, texture)
    if len(texels[0]) == 0:
        return [np.zeros((texture, texture, 3), np.uint8)]
    looked = np.unique(np.linspace(0, len(times) - 1, min(len(times), MOMENTS)).round().astype(int))

    def read(frame: int, done: int, steps: int) -> np.ndarray:
        colours = _read(field, Mesh(positions[frame], triangles), texels, times[frame])
        report(done, steps)
        return colours

    colours = np.stack([read(frame, done, len(looked)) for done, frame in enumerate(looked, 1)])
    middle = np.median(colours, axis=0)
    changed = (np.abs(colours - middle).max(-1) > CHANGE).mean(1)
    if changed.max() > CHANGED_SHARE:
        done, steps = len(looked) + 1, len(looked) + len(times)
        return [pad(read(frame, done + frame, steps), texels, texture) for frame in range(len(times))]
    return [pad(middle, texels, texture)]


def _read(field: Field, mesh: Mesh, texels: Texels, time: float) -> np.ndarray:
    """Colours just below the surface at texels, [texels, 3] in [0, 1]."""
    _, _, triangle, weights = texels
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
    return (colour / total).clamp(0, 1).cpu().numpy()


def pad(colours: np.ndarray, texels: Texels, texture: int) -> np.ndarray:
    """Colours [texels, 3] in [0, 1] as a picture; what lies beyond the charts takes the nearest, so that no mip level has a
    seam. uint8 [texture, texture, 3]. Raises DivergedError where a colour is not finite."""
    check_finite(colours, "the texture")
    row, column = texels[:2]
    image, covered = np.zeros((texture, texture, 3), np.uint8), np.zeros((texture, texture), bool)
    image[row, column] = (colours.clip(0, 1) * 255).round().astype(np.uint8)
    covered[row, column] = True
    nearest = scipy.ndimage.distance_transform_edt(~covered, return_distances=False, return_indices=True)
    return image[nearest[0], nearest[1]]


def rasterise(uv: np.ndarray, texture: int) -> Texels:
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
