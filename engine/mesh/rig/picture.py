"""A contact sheet: frames of a rigged mesh with its bones drawn over them."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.mesh.picture import draw_shaded, labelled
from engine.mesh.rig.rig import Rig
from engine.mesh.rig.sequence import RiggedMesh
from engine.mesh.rig.skinning import to_world
from engine.mesh.surface import Mesh
from engine.scene.cameras import Cameras

TILE, TILES = 260, 6
# From the front right, and from the left.
VIEWS = ((0.6, 0.3), (-1.4, 0.2))
# The surface is drawn this much paler, so that the bones inside are seen.
PALE = 0.5


def rig_picture(rigged: RiggedMesh, tile: int = TILE, tiles: int = TILES) -> np.ndarray:
    """uint8 [height, width, 3]: a row of frames from each of two sides; the first frame of a row has the bones' names."""
    low, high = rigged.vertices.min((0, 1)), rigged.vertices.max((0, 1))
    middle, scale = (low + high) / 2, 1.9 / max(float(np.linalg.norm(high - low)), 1e-12)
    chosen = np.unique(np.linspace(0, len(rigged.vertices) - 1, tiles).round().astype(int))
    rows = []
    for azimuth, elevation in VIEWS:
        camera, row = Cameras(torch.tensor([azimuth]), torch.tensor([elevation])), []
        for frame in chosen:
            mesh = Mesh((rigged.vertices[frame] - middle) * scale, rigged.triangles)
            picture = PALE * draw_shaded(mesh, camera, tile) + (1 - PALE) * 255
            ends = [(place - middle) * scale for place in bones_at(rigged.rig, frame)]
            names = rigged.rig.names if frame == chosen[0] else None
            row.append(labelled(_with_bones(np.uint8(picture), rigged.rig, ends, camera, names), f"frame {frame + 1}"))
        rows.append(np.concatenate(row, 1))
    return np.concatenate(rows)


def bones_at(rig: Rig, frame: int) -> list[np.ndarray]:
    """The bones' heads and tails in a frame, world, each [bones, 3]."""
    pose = rig.pose[frame]
    ends = (np.einsum("bij,bj->bi", pose[:, :3, :3], end) + pose[:, :3, 3] for end in (rig.rest_head, rig.rest_tail))
    return [to_world(end[None], rig.root[frame, None])[0] for end in ends]


def _with_bones(
    picture: np.ndarray, rig: Rig, ends: list[np.ndarray], camera: Cameras, names: list[str] | None
) -> np.ndarray:
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    heads, tails = (_on_screen(end, camera, len(picture)) for end in ends)
    for bone, (head, tail) in enumerate(zip(heads, tails, strict=True)):
        ink = tuple(int(30 + 170 * x) for x in np.modf(0.38 + np.array([0.62, 0.31, 0.83]) * bone)[0])
        if rig.parents[bone] >= 0:
            draw.line([tuple(tails[rig.parents[bone]]), tuple(head)], fill=(160, 160, 160))
        draw.line([tuple(head), tuple(tail)], fill=ink, width=3)
        draw.ellipse([*(head - 3), *(head + 3)], outline=ink, fill="white")
        if names:
            draw.text(tuple((head + tail) / 2 + [3, -5]), names[bone], fill=(190, 0, 0))
    return np.array(image)


def _on_screen(points: np.ndarray, camera: Cameras, size: int) -> np.ndarray:
    """Pixels [points, 2], x to the right and y down."""
    right, up, forward = (axis[0].numpy().astype(np.float64) for axis in camera.axes())
    offset = points - camera.positions()[0].numpy()
    scale = 0.5 * size / (np.tan(float(camera.fov) / 2) * np.maximum(offset @ forward, 1e-3))
    return np.stack([size / 2 + scale * (offset @ right), size / 2 - scale * (offset @ up)], 1)
