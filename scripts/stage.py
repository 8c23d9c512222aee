"""A camera and lights for scene.blend, and the Cycles movie."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np
from mathutils import Vector

from engine.files import written_aside


def add_camera_and_lights(scene: bpy.types.Scene) -> None:
    """Looks at the whole scene [-1, 1]^3 from the front right; a soft key light, a fill and a grey world."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.angle_y = math.radians(38)
    camera.data.sensor_fit = "VERTICAL"
    camera.location = (1.55, -2.84, 0.95)
    camera.rotation_euler = (-Vector(camera.location)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    for name, energy, size, place in (("Key", 140, 2.5, (-1.8, -2.6, 3.2)), ("Fill", 45, 3.0, (3.0, -1.5, 1.2))):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size = energy, size
        lamp = bpy.data.objects.new(name, light)
        lamp.location = place
        lamp.rotation_euler = (-Vector(place)).to_track_quat("-Z", "Y").to_euler()
        scene.collection.objects.link(lamp)
    world = bpy.data.worlds.new("World")
    scene.world = world
    if not world.use_nodes:
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.5, 0.5, 0.5, 1)
    background.inputs["Strength"].default_value = 0.6
    # Albedo is to look as it was generated: no film-like tone curve.
    scene.view_settings.view_transform = "Standard"
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 32
    scene.cycles.use_denoising = True
    scene.render.resolution_x = scene.render.resolution_y = 320


def render_movie(scene: bpy.types.Scene, path: Path) -> None:
    """Renders the scene's frame range with Cycles to an MP4 that any player shows."""
    folder = Path(tempfile.mkdtemp(prefix="mav3d-render-"))
    try:
        scene.render.image_settings.file_format = "PNG"
        scene.render.filepath = str(folder / "frame_")
        bpy.ops.render.render(animation=True)
        frames = np.stack([imageio.imread(file)[..., :3] for file in sorted(folder.glob("frame_*.png"))])
        with written_aside(path, path.with_name(f".{path.stem}.part{path.suffix}")) as part:
            imageio.imwrite(part, frames, fps=scene.render.fps / scene.render.fps_base, codec="libx264", macro_block_size=2)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
