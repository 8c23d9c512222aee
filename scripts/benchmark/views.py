"""Small Cycles renders of a .blend from around the object, to look at beside the engine's own preview."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np
from mathutils import Vector

DISTANCE = 3.4
ELEVATION = 0.25


def render_views(blend: Path, azimuth: float, every: int, size: int = 96) -> np.ndarray:
    """Every so many frames of `blend` from `azimuth` (radians, 0 is the front), uint8 [views, size, size, 3]."""
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    scene = bpy.context.scene
    place = Vector(
        (math.sin(azimuth) * math.cos(ELEVATION), -math.cos(azimuth) * math.cos(ELEVATION), math.sin(ELEVATION))
    )
    scene.camera.location = DISTANCE * place
    scene.camera.rotation_euler = (-place).to_track_quat("-Z", "Y").to_euler()
    scene.cycles.samples = 12
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.image_settings.file_format = "PNG"
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for frame in range(scene.frame_start, scene.frame_end + 1, every):
            scene.frame_set(frame)
            scene.render.filepath = f"{folder}/{frame:04d}.png"
            bpy.ops.render.render(write_still=True)
            pictures.append(imageio.imread(scene.render.filepath)[..., :3])
    return np.stack(pictures)
