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

# From what is looked at to the camera: the front right, a little from above.
VIEW = Vector((1.55, -2.84, 0.95)).normalized()
ANGLE = math.radians(38)


def add_camera_and_lights(scene: bpy.types.Scene) -> None:
    """Looks at all that the meshes of the scene reach in its clip, from the front right; a soft key light, a fill and a grey
    world."""
    middle, radius = reach(scene)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.angle_y = ANGLE
    camera.data.sensor_fit = "VERTICAL"
    camera.location = middle + VIEW * radius / math.sin(ANGLE / 2)
    camera.rotation_euler = (-VIEW).to_track_quat("-Z", "Y").to_euler()
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
    # Beside the file, wherever that is: a render farm has folders of its own.
    scene.render.filepath = "//frames/"
    scene.render.resolution_x = scene.render.resolution_y = 320


def reach(scene: bpy.types.Scene) -> tuple[Vector, float]:
    """The middle and the radius of a ball that holds what the scene's meshes reach in its frames; that of the unit cube of an
    engine's scene, [-1, 1]^3, where there is nothing."""
    corners = []
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        graph = bpy.context.evaluated_depsgraph_get()
        for instance in graph.object_instances:
            if instance.object.type == "MESH":
                corners += [instance.matrix_world @ Vector(corner) for corner in instance.object.bound_box]
    if not corners:
        return Vector((0, 0, 0)), 1.1
    points = np.array(corners)
    middle = (points.min(0) + points.max(0)) / 2
    return Vector(middle), float(np.linalg.norm(points - middle, axis=1).max())


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
