"""Judges a .blend by what is in it alone: path, volume, turn and solid shape of the visible meshes, colour in Cycles.

Knows nothing of the models or the field; the ideal solids are those of the analytic world, turned as the motion turns them.
"""

from __future__ import annotations

import colorsys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import imageio.v3 as imageio
import numpy as np
import torch

from engine.mesh.bake import rasterise
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS, frame_times
from engine.models.world.shapes import distance

CELLS = 40
# Faces within about this many degrees of a direction make its colour.
DIRECTION_WIDTH = 8.0


@dataclass(frozen=True)
class Soup:
    """What a frame shows: triangles [T, 3, 3] in world space and the texture's colour at their centres, sRGB [T, 3]."""

    triangles: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """shape_overlap: intersection over union with the ideal solid after matching boxes, median over frames. travel: extent of
    the centroid's path along X, Y and Z, in mean box sizes. growth: largest over smallest volume. turn: degrees about Z."""

    colour: str
    shape_overlap: float
    travel: tuple[float, float, float]
    growth: float
    turn: float
    frames: int
    triangles: int


def judge(blend: Path, shape: str, motion: str) -> Verdict:
    """Opens `blend` and measures it over its frame range; `motion` only says how the ideal solid may be turned."""
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    scene = bpy.context.scene
    numbers = range(scene.frame_start, scene.frame_end + 1)
    pictures: dict[str, np.ndarray] = {}
    frames = [_visible(scene, number, pictures) for number in numbers]
    soups = [frame.triangles for frame in frames]
    extents = np.array([np.ptp(t.reshape(-1, 3), 0) for t in soups])
    measures = [_volume_and_centroid(triangles) for triangles in soups]
    volumes, centroids = np.array([m[0] for m in measures]), np.array([m[1] for m in measures])
    size = float(extents.mean())
    ideals = ideal_solids(shape, motion)
    profiles = [_profile(frame, centroid) for frame, centroid in zip(frames, centroids, strict=True)]
    return Verdict(
        colour=_colour(scene, numbers[len(numbers) // 3]),
        shape_overlap=float(np.median([_overlap(voxelise(triangles), ideals) for triangles in soups])),
        travel=tuple(float(x) for x in np.ptp(centroids, 0) / size),
        growth=float(volumes.max() / max(volumes.min(), 1e-9)),
        turn=_turn(profiles),
        frames=len(frames),
        triangles=max(len(t) for t in soups),
    )


def matches(verdict: Verdict, colour: str, motion: str) -> dict[str, bool]:
    """Whether colour, shape and motion are what the prompt says."""
    x, y, z = verdict.travel
    third = 1 / 3
    calm = max(x, y, z) < third
    return {
        "colour": verdict.colour == colour,
        "shape": verdict.shape_overlap > 0.7,
        "motion": {
            "still": calm and verdict.growth < 2 and abs(verdict.turn) < 90,
            "bouncing": z >= third and max(x, y) < third and verdict.growth < 2,
            "spinning": calm and abs(verdict.turn) >= 240 and verdict.growth < 2,
            "sliding": x >= third and max(y, z) < third and verdict.growth < 2,
            "growing": verdict.growth >= 2 and calm,
            "orbiting": x >= third and y >= third and z < third and verdict.growth < 2,
            "swinging": x >= third and y < third and verdict.growth < 2,
            "jumping": z >= third and max(x, y) < third and verdict.growth < 2,
        }[motion],
    }


def ideal_solids(shape: str, motion: str) -> list[np.ndarray]:
    """The ideal solid in each attitude that the motion gives it, in its own bounding box, bool [CELLS, CELLS, CELLS] each."""
    rotations = MOTIONS[motion](frame_times(16))[1]
    axis = torch.linspace(-0.7, 0.7, 141)
    points = torch.cartesian_prod(axis, axis, axis)
    depth = distance(shape, points)
    shell = points[(depth < 0) & (depth > -0.03)]
    cell = (torch.arange(CELLS) + 0.5) / CELLS
    solids = []
    for rotation in torch.unique(rotations.mul(1e4).round().div(1e4), dim=0):
        turned = shell @ rotation.T
        low, high = turned.amin(0), turned.amax(0)
        grid = low + torch.cartesian_prod(cell, cell, cell) * (high - low)
        solids.append((distance(shape, grid @ rotation) < 0).view(CELLS, CELLS, CELLS).numpy())
    return solids


def voxelise(triangles: np.ndarray) -> np.ndarray:
    """Inside by parity along Z in the bounding box of triangles [T, 3, 3], bool [CELLS, CELLS, CELLS] indexed [x, y, z]."""
    low, high = triangles.reshape(-1, 3).min(0), triangles.reshape(-1, 3).max(0)
    unit = (triangles - low) / np.maximum(high - low, 1e-9)
    # A tiny shift keeps columns off edges that lie on the grid.
    row, column, which, weights = rasterise(unit[:, :, :2] + 1e-5, CELLS)
    height = np.einsum("tk,tk->t", weights, unit[which, :, 2])
    crossings = np.zeros((CELLS, CELLS, CELLS + 1), np.int32)
    cell = np.clip(np.ceil(height * CELLS - 0.5).astype(int), 0, CELLS)
    np.add.at(crossings, (column, CELLS - 1 - row, cell), 1)
    return np.cumsum(crossings, 2)[:, :, :CELLS] % 2 == 1


def _visible(scene: bpy.types.Scene, frame: int, pictures: dict[str, np.ndarray]) -> Soup:
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
            picture = _picture(mesh.materials[slot], pictures)
            column, row = (centres[materials == slot] % 1 * (picture.shape[1], picture.shape[0])).astype(int).T
            colour[materials == slot] = picture[row, column]
        colours.append(colour)
    return Soup(np.concatenate(soups), np.concatenate(colours))


def _picture(material: bpy.types.Material, pictures: dict[str, np.ndarray]) -> np.ndarray:
    """The material's texture, sRGB [height, width, 3], row 0 at the bottom."""
    image = next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")
    if image.name not in pictures:
        pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
        pictures[image.name] = pixels.reshape(image.size[1], image.size[0], 4)[..., :3]
    return pictures[image.name]


def _volume_and_centroid(triangles: np.ndarray) -> tuple[float, np.ndarray]:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    parts = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    volume = parts.sum()
    return float(volume), ((a + b + c) / 4 * parts[:, None]).sum(0) / volume


def _overlap(one: np.ndarray, ideals: list[np.ndarray]) -> float:
    """The best intersection over union with any of the ideals, over turns about Z in quarter steps."""
    turns = [np.rot90(one, k, (0, 1)) for k in range(4)]
    return max(float((turned & ideal).sum() / (turned | ideal).sum()) for turned in turns for ideal in ideals)


def _profile(frame: Soup, centroid: np.ndarray) -> np.ndarray:
    """In each of 360 directions about the centroid: largest horizontal radius over the mean of all, and colour, [360, 4]."""
    angle = np.arange(360) * np.pi / 180
    direction = np.stack([np.cos(angle), np.sin(angle)])
    radius = ((frame.triangles.reshape(-1, 3)[:, :2] - centroid[:2]) @ direction).max(0)
    a, b, c = frame.triangles[:, 0], frame.triangles[:, 1], frame.triangles[:, 2]
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    outward = ((a + b + c) / 3 - centroid)[:, :2]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    closeness = np.exp((outward @ direction - 1) / np.radians(DIRECTION_WIDTH) ** 2) * area[:, None]
    colour = closeness.T @ frame.colours / np.maximum(closeness.sum(0), 1e-12)[:, None]
    return np.concatenate([radius[:, None] / radius.mean(), colour], 1)


def _turn(profiles: list[np.ndarray]) -> float:
    """Degrees turned about Z in all, from the rotation of each frame's outline and colours that best gives the next, within 45.

    A round thing turns by its colours alone.
    """
    total = 0.0
    for before, after in zip(profiles[:-1], profiles[1:], strict=True):
        shifts = np.arange(-44, 45)
        errors = [np.abs(np.roll(before, shift, 0) - after).mean() for shift in shifts]
        total += float(shifts[int(np.argmin(errors))])
    return total


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
    return nearest_colour(pixels)


def nearest_colour(pixels: np.ndarray) -> str:
    """The palette's colour that most of the pixels [N, 3] are nearest to, by hue where they have one."""
    votes: dict[str, float] = dict.fromkeys(COLOURS, 0.0)
    hues = {name: colorsys.rgb_to_hsv(*value)[0] for name, value in COLOURS.items() if name != "white"}
    for pixel in pixels:
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        if saturation < 0.25:
            votes["white"] += value
            continue
        name = min(hues, key=lambda n: min(abs(hue - hues[n]), 1 - abs(hue - hues[n])))
        votes[name] += saturation * value
    return max(votes, key=votes.__getitem__)
