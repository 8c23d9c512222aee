"""Small pictures, rendered with Cycles."""

import math
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np


def set_up(scene: bpy.types.Scene, width: float, pixels: int = 24, samples: int = 4) -> None:
    """An orthographic camera at the front that sees `width` metres of X and Z, a white world, nothing behind the object."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", width
    camera.location, camera.rotation_euler = (0, -9, 0), (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    next(n for n in world.node_tree.nodes if n.type == "BACKGROUND").inputs["Color"].default_value = (1, 1, 1, 1)
    scene.world = world
    scene.render.engine, scene.cycles.samples = "CYCLES", samples
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    scene.view_settings.view_transform = "Standard"
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = pixels


def render(scene: bpy.types.Scene, frame: int, folder: Path) -> np.ndarray:
    """uint8 [height, width, 4] of a frame."""
    scene.frame_set(frame)
    scene.render.filepath = str(folder / f"{frame}.png")
    bpy.ops.render.render(write_still=True)
    return imageio.imread(scene.render.filepath)
