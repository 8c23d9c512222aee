"""Pictures of the vocabulary's objects by another hand: meshes modelled in Blender, rendered by Cycles.

They have neither the proportions, the markings nor the light of the world that the built-in models were taught.
"""

from __future__ import annotations

import math
import random
import tempfile
from dataclasses import dataclass

import bpy
import imageio.v3 as imageio
import numpy as np
from mathutils import Vector

from engine.models.world.clips import COLOURS

# A place, a size, or a colour in sRGB.
Place = tuple[float, float, float]


@dataclass(frozen=True)
class PhotoSetup:
    """azimuth, elevation: of the camera, degrees. size: pixels a side. fill: share of the picture's side that a metre takes.
    shift: of the object in the picture, shares of its side. background: sRGB, or None for transparency. light: where the sun
    is, degrees from the front."""

    azimuth: float
    elevation: float
    size: int
    fill: float
    shift: tuple[float, float]
    background: tuple[float, float, float] | None
    light: float


def draw_shot(generator: random.Random) -> PhotoSetup:
    """A random one, near the front."""
    grey = generator.uniform(0.75, 1.0)
    return PhotoSetup(
        azimuth=generator.uniform(-15, 15), elevation=generator.uniform(-5, 30), size=generator.randrange(180, 700),
        fill=generator.uniform(0.45, 0.8), shift=(generator.uniform(-0.06, 0.06), generator.uniform(-0.06, 0.06)),
        background=generator.choice([None, (grey, grey, grey)]), light=generator.uniform(-60, 60),
    )  # fmt: skip


def photograph(shape: str, colour: str, shot: PhotoSetup) -> np.ndarray:
    """uint8 [size, size, 4], or 3 where there is a background."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    MODELS[shape](COLOURS[colour])
    _light(scene, shot)
    _camera(scene, shot)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 24, False
    scene.view_settings.view_transform = "Standard"
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = shot.size
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = f"{folder}/picture.png"
        bpy.ops.render.render(write_still=True)
        picture = imageio.imread(scene.render.filepath)
    if shot.background is None:
        return picture
    alpha = picture[..., 3:] / 255
    return (picture[..., :3] * alpha + np.array(shot.background) * 255 * (1 - alpha)).round().astype(np.uint8)


def _light(scene: bpy.types.Scene, shot: PhotoSetup) -> None:
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 2.2, 0.3
    turn = math.radians(shot.light)
    sun.rotation_euler = Vector((-math.sin(turn), math.cos(turn), -1.2)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    background = next(node for node in scene.world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value, background.inputs["Strength"].default_value = (1, 1, 1, 1), 0.5


def _camera(scene: bpy.types.Scene, shot: PhotoSetup) -> None:
    azimuth, elevation = math.radians(shot.azimuth), math.radians(shot.elevation)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    place = Vector(
        (math.sin(azimuth) * math.cos(elevation), -math.cos(azimuth) * math.cos(elevation), math.sin(elevation))
    )
    camera.location = 4.0 * place
    camera.rotation_euler = (-place).to_track_quat("-Z", "Y").to_euler()
    camera.data.sensor_fit, camera.data.angle = "VERTICAL", 2 * math.atan(0.5 / shot.fill / 4.0)
    camera.data.shift_x, camera.data.shift_y = shot.shift
    scene.collection.objects.link(camera)
    scene.camera = camera


def _material(colour: Place, rough: float = 0.5) -> bpy.types.Material:
    material = bpy.data.materials.new("Paint")
    material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in colour]
    shader.inputs["Base Color"].default_value, shader.inputs["Roughness"].default_value = (*linear, 1), rough
    return material


def _paint(colour: Place, smooth: bool = True) -> None:
    made = bpy.context.object
    made.data.materials.append(_material(colour))
    for polygon in made.data.polygons:
        polygon.use_smooth = smooth


def _ellipsoid(place: Place, radii: Place, colour: Place) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24, location=place)
    bpy.context.object.scale = radii
    _paint(colour)


def _block(place: Place, sizes: Place, colour: Place, bevel: float = 0.02) -> None:
    bpy.ops.mesh.primitive_cube_add(size=1, location=place)
    made = bpy.context.object
    made.scale = sizes
    bpy.ops.object.transform_apply(scale=True)
    modifier = made.modifiers.new("Bevel", "BEVEL")
    modifier.width, modifier.segments = bevel, 3
    _paint(colour, smooth=False)


def _rod(
    place: Place, radius: float, height: float, colour: Place, turn: Place = (0, 0, 0), top: float | None = None
) -> None:
    bpy.ops.mesh.primitive_cone_add(
        vertices=64, radius1=radius, radius2=radius if top is None else top, depth=height, location=place, rotation=turn
    )
    _paint(colour, smooth=False)


BLACK, ORANGE, CREAM, GLASS = (0.05, 0.05, 0.05), (0.95, 0.45, 0.05), (0.88, 0.84, 0.76), (0.25, 0.3, 0.38)
SIDEWAYS = (0, math.pi / 2, 0)


def _ball(colour: Place) -> None:
    _ellipsoid((0, 0, 0), (0.4, 0.4, 0.4), colour)


def _cube(colour: Place) -> None:
    _block((0, 0, 0), (0.7, 0.7, 0.7), colour)


def _cone(colour: Place) -> None:
    _rod((0, 0, 0), 0.4, 0.85, colour, top=0)


def _cylinder(colour: Place) -> None:
    _rod((0, 0, 0), 0.33, 0.85, colour)


def _torus(colour: Place) -> None:
    bpy.ops.mesh.primitive_torus_add(major_radius=0.34, minor_radius=0.14, major_segments=64, minor_segments=24)
    _paint(colour)


def _duck(colour: Place) -> None:
    _ellipsoid((0, 0.06, -0.16), (0.28, 0.36, 0.22), colour)
    _ellipsoid((0, -0.18, 0.2), (0.2, 0.21, 0.2), colour)
    _ellipsoid((0, 0.38, -0.02), (0.1, 0.14, 0.12), colour)
    _ellipsoid((0, -0.4, 0.15), (0.11, 0.12, 0.04), ORANGE)
    for side in (-1, 1):
        _ellipsoid((0.26 * side, 0.08, -0.12), (0.06, 0.2, 0.13), colour)
        _ellipsoid((0.09 * side, -0.35, 0.28), (0.045, 0.045, 0.045), BLACK)


def _fish(colour: Place) -> None:
    _ellipsoid((0, -0.1, 0), (0.18, 0.38, 0.26), colour)
    _ellipsoid((0, -0.04, 0.26), (0.04, 0.17, 0.13), colour)
    bpy.ops.mesh.primitive_cone_add(vertices=4, radius1=0.3, radius2=0.08, depth=0.3, location=(0, 0.38, 0))
    made = bpy.context.object
    made.rotation_euler, made.scale = (math.pi / 2, math.pi / 4, 0), (0.15, 1, 1)
    _paint(colour, smooth=False)
    for side in (-1, 1):
        _ellipsoid((0.12 * side, -0.34, 0.08), (0.055, 0.055, 0.055), BLACK)


def _car(colour: Place) -> None:
    _block((0, 0, -0.09), (0.48, 0.92, 0.25), colour, 0.05)
    _block((0, 0.08, 0.13), (0.42, 0.46, 0.25), colour, 0.05)
    _block((0, 0.08, 0.12), (0.43, 0.4, 0.14), GLASS)
    _block((0, 0.08, 0.12), (0.36, 0.475, 0.14), GLASS)
    for side in (-1, 1):
        for along in (-0.27, 0.27):
            _rod((0.23 * side, along, -0.22), 0.13, 0.13, BLACK, SIDEWAYS)


def _snowman(colour: Place) -> None:
    _ellipsoid((0, 0, -0.22), (0.28, 0.28, 0.28), colour)
    _ellipsoid((0, 0, 0.17), (0.2, 0.2, 0.2), colour)
    _rod((0, 0, 0.44), 0.13, 0.2, BLACK)
    _rod((0, 0, 0.34), 0.21, 0.04, BLACK)
    _rod((0, -0.3, 0.22), 0.05, 0.25, ORANGE, (math.pi / 2, 0, 0), 0)
    for side in (-1, 1):
        _ellipsoid((0.07 * side, -0.18, 0.24), (0.03, 0.03, 0.03), BLACK)


def _mushroom(colour: Place) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=48, ring_count=24)
    made = bpy.context.object
    for vertex in made.data.vertices:
        vertex.co.z = max(vertex.co.z, 0)
    made.location, made.scale = (0, 0, 0.02), (0.42, 0.42, 0.38)
    _paint(colour)
    _rod((0, 0, -0.2), 0.17, 0.45, CREAM, top=0.14)


MODELS = {
    "ball": _ball, "cube": _cube, "cone": _cone, "cylinder": _cylinder, "torus": _torus, "duck": _duck, "fish": _fish,
    "car": _car, "snowman": _snowman, "mushroom": _mushroom,
}  # fmt: skip
