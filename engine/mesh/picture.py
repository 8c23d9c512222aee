"""Pictures of meshes without a graphics card: a depth buffer in numpy, for previews, checks and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engine.mesh.bake import rasterise, vertex_normals
from engine.mesh.surface import Mesh
from engine.scene.cameras import Cameras

# Where the light of a shaded picture comes from, seen from the camera: right, up, towards it.
LIGHT = np.array([0.35, 0.55, 0.75])


def draw_textured(mesh: Mesh, uv: np.ndarray, albedo: np.ndarray, camera: Cameras, size: int, background: float) -> np.ndarray:
    """The unlit mesh as one still camera sees it, float64 [size, size, 3] in [0, 1], row 0 at the top.

    uv [T, 3, 2], origin bottom left; albedo uint8 [height, width, 3], read bilinearly. background: a grey.
    """
    seen = _visible(mesh, camera, size)
    picture = np.full((size, size, 3), background)
    at = np.einsum("pk,pkc->pc", seen.weights, uv[seen.triangle].astype(np.float64))
    picture[seen.row, seen.column] = read_texture(albedo, at)
    return picture


def draw_shaded(
    mesh: Mesh, camera: Cameras, size: int, colours: np.ndarray | None = None, lines: bool = False, background: float = 1.0
) -> np.ndarray:
    """The mesh under one soft light, uint8 [size, size, 3]. colours: of the vertices, [V, 3]; lines: with its edges."""
    scale = 2 if lines else 1
    seen = _visible(mesh, camera, size * scale)
    picture = np.full((size * scale, size * scale, 3), background)
    corners = mesh.triangles[seen.triangle]
    normals = np.einsum("pk,pki->pi", seen.weights, vertex_normals(mesh)[corners])
    light = sum(part * axis.numpy()[0].astype(float) for part, axis in zip(LIGHT * [1, 1, -1], camera.axes(), strict=True))
    bright = 0.35 + 0.65 * np.clip(normals @ (light / np.linalg.norm(light)), 0, 1)[:, None]
    base = np.full((1, 3), 0.8) if colours is None else np.einsum("pk,pki->pi", seen.weights, colours[corners])
    picture[seen.row, seen.column] = bright * base
    if lines:
        near = seen.edge < 0.7
        picture[seen.row[near], seen.column[near]] *= 0.35
    image = Image.fromarray((picture.clip(0, 1) * 255).round().astype(np.uint8))
    return np.array(image.resize((size, size), Image.Resampling.BOX) if lines else image)


def labelled(picture: np.ndarray, text: str) -> np.ndarray:
    """The picture under a line of text."""
    label = Image.new("RGB", (picture.shape[1], 14), "white")
    ImageDraw.Draw(label).text((4, 1), text, fill="black")
    return np.concatenate([np.array(label), picture])


@dataclass(frozen=True)
class _Seen:
    """The pixels that show something: row, column and triangle int [P], weights of its corners in perspective [P, 3], and how
    many pixels the nearest of its edges is away [P]."""

    row: np.ndarray
    column: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    edge: np.ndarray


def _visible(mesh: Mesh, camera: Cameras, size: int) -> _Seen:
    right, up, forward = (axis[0].numpy().astype(np.float64) for axis in camera.axes())
    offset = mesh.vertices.astype(np.float64) - camera.positions()[0].numpy()
    depth = offset @ forward
    scale = 1 / (np.tan(camera.fov / 2) * np.maximum(depth, 1e-3))
    screen = np.stack([offset @ right * scale, offset @ up * scale], -1) * 0.5 + 0.5
    ahead = (depth[mesh.triangles] > 1e-2).all(1)
    which = np.flatnonzero(ahead)
    row, column, local, weights = rasterise(screen[mesh.triangles[which]], size)
    triangle = which[local]
    # Weights on the screen are not those on the triangle: what is near counts for more.
    near = weights / depth[mesh.triangles[triangle]]
    inverse = near.sum(1)
    order = np.lexsort((-inverse, row * size + column))
    place = (row * size + column)[order]
    front = order[np.concatenate([[True], place[1:] != place[:-1]])] if len(order) else order
    corners = screen[mesh.triangles[triangle[front]]] * size
    edge = _to_edge(corners, weights[front])
    return _Seen(row[front], column[front], triangle[front], (near / inverse[:, None])[front], edge)


def _to_edge(corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    opposite = np.stack([np.linalg.norm(c - b, axis=1), np.linalg.norm(a - c, axis=1), np.linalg.norm(b - a, axis=1)], 1)
    return (weights * area[:, None] / np.maximum(opposite, 1e-9)).min(1)


def read_texture(albedo: np.ndarray, at: np.ndarray) -> np.ndarray:
    """albedo uint8 [H, W, 3] at uv [P, 2] in [0, 1], origin bottom left, bilinear: [P, 3] in [0, 1]."""
    height, width = albedo.shape[:2]
    x = np.clip(at[:, 0] * width - 0.5, 0, width - 1)
    y = np.clip((1 - at[:, 1]) * height - 0.5, 0, height - 1)
    left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    u, v = (x - left)[:, None], (y - top)[:, None]
    upper = albedo[top, left] * (1 - u) + albedo[top, left + 1] * u
    lower = albedo[top + 1, left] * (1 - u) + albedo[top + 1, left + 1] * u
    return (upper * (1 - v) + lower * v) / 255
