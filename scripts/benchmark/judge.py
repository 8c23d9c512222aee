"""Judges a .blend by what is in it alone: path, volume, turn, solid shape and limbs of the visible meshes, and their colour.

Knows nothing of the models or the field; what it is held to is the analytic world, posed and turned as the words say.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np

from engine.contract.words import PALETTE
from engine.evaluate.bodies.verdict import BodyVerdict, judge_body
from engine.evaluate.triangle_soup import TriangleSoup, texel_colours
from engine.evaluate.verdict import Verdict, judge_soups
from engine.models.world.words.lexicon import Words
from engine.reference.palette import nearest_colour


def judge(blend: Path, shape: str, motion: str) -> Verdict:
    """Opens `blend` and measures it over its frame range; `motion` only says how the ideal solid may be turned."""
    soups = read_blend(blend)
    scene = bpy.context.scene
    return judge_soups(soups, shape, motion, _colour(scene, scene.frame_start + len(soups) // 3))


def judge_creature(blend: Path, words: Words) -> BodyVerdict:
    """The same of what the models of bodies that bend make: the body posed frame by frame, and colours by part."""
    return judge_body(read_blend(blend), words)


def read_blend(blend: Path) -> list[TriangleSoup]:
    """Opens `blend` and returns what a render shows in each frame of its range."""
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    scene = bpy.context.scene
    pictures: dict[str, np.ndarray] = {}
    return [_visible(scene, number, pictures) for number in range(scene.frame_start, scene.frame_end + 1)]


def _visible(scene: bpy.types.Scene, frame: int, pictures: dict[str, np.ndarray]) -> TriangleSoup:
    """All meshes that a render shows. pictures: textures that were read before, by name."""
    scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    soups, colours = [], []
    for instance in graph.object_instances:
        if instance.object.type != "MESH" or instance.object.original.hide_render:
            continue
        mesh = instance.object.data
        if not len(mesh.vertices):
            continue
        mesh.calc_loop_triangles()
        count = len(mesh.loop_triangles)
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.attributes["position"].data.foreach_get("vector", points)
        corners, loops, materials = (np.empty(n, np.int32) for n in (3 * count, 3 * count, count))
        mesh.loop_triangles.foreach_get("vertices", corners)
        mesh.loop_triangles.foreach_get("loops", loops)
        mesh.loop_triangles.foreach_get("material_index", materials)
        world = np.array(instance.matrix_world)
        points = points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
        soups.append(points[corners.reshape(-1, 3)])
        uv = np.empty(2 * len(mesh.loops), np.float32)
        mesh.uv_layers[0].uv.foreach_get("vector", uv)
        centres = uv.reshape(-1, 2)[loops.reshape(-1, 3)].mean(1)
        colour = np.empty((count, 3), np.float32)
        for slot in np.unique(materials):
            mine = materials == slot
            colour[mine] = texel_colours(_picture(mesh.materials[slot], pictures), centres[mine])
        colours.append(colour)
    return TriangleSoup(np.concatenate(soups), np.concatenate(colours))


def _picture(material: bpy.types.Material, pictures: dict[str, np.ndarray]) -> np.ndarray:
    """The material's texture, sRGB [height, width, 3], row 0 at the bottom."""
    image = next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")
    if image.name not in pictures:
        pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
        pictures[image.name] = pixels.reshape(image.size[1], image.size[0], 4)[..., :3]
    return pictures[image.name]


def _colour(scene: bpy.types.Scene, frame: int) -> str:
    """The palette's name for the object's commonest hue in a small Cycles render."""
    scene.frame_set(frame)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 8
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = 96
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = f"{folder}/colour.png"
        bpy.ops.render.render(write_still=True)
        picture = imageio.imread(f"{folder}/colour.png")
    pixels = picture[picture[..., 3] > 200][:, :3] / 255
    return nearest_colour(pixels, PALETTE)
