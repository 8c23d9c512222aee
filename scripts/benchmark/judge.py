"""Judges a .blend by what is in it alone: path, volume, turn and solid shape of the visible meshes, colour in Cycles.

Knows nothing of the models or the field; the ideal solids are those of the analytic world.
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
from engine.models.world.shapes import distance

CELLS = 40


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


def judge(blend: Path, shape: str) -> Verdict:
    """Opens `blend` and measures it over its frame range."""
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    scene = bpy.context.scene
    numbers = range(scene.frame_start, scene.frame_end + 1)
    frames = [_visible_triangles(scene, number) for number in numbers]
    solids = [voxelise(triangles) for triangles in frames]
    extents = np.array([np.ptp(t.reshape(-1, 3), 0) for t in frames])
    measures = [_volume_and_centroid(triangles) for triangles in frames]
    volumes, centroids = np.array([m[0] for m in measures]), np.array([m[1] for m in measures])
    size = float(extents.mean())
    ideal = ideal_solid(shape)
    profiles = [_profile(t, c) for t, c in zip(frames, centroids, strict=True)]
    return Verdict(
        colour=_colour(scene, numbers[len(numbers) // 3]),
        shape_overlap=float(np.median([_overlap(solid, ideal) for solid in solids])),
        travel=tuple(float(x) for x in np.ptp(centroids, 0) / size),
        growth=float(volumes.max() / max(volumes.min(), 1e-9)),
        turn=_turn(profiles),
        frames=len(frames),
        triangles=max(len(t) for t in frames),
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


def ideal_solid(shape: str) -> np.ndarray:
    """The ideal solid in its own bounding box, bool [CELLS, CELLS, CELLS]."""
    axis = torch.linspace(-0.7, 0.7, 141)
    points = torch.cartesian_prod(axis, axis, axis)
    inside = points[distance(shape, points) < 0]
    low, high = inside.amin(0), inside.amax(0)
    cell = (torch.arange(CELLS) + 0.5) / CELLS
    grid = low + torch.cartesian_prod(cell, cell, cell) * (high - low)
    return (distance(shape, grid) < 0).view(CELLS, CELLS, CELLS).numpy()


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


def _visible_triangles(scene: bpy.types.Scene, frame: int) -> np.ndarray:
    """Triangles of all meshes that a render shows, in world space, [T, 3, 3]."""
    scene.frame_set(frame)
    graph = bpy.context.evaluated_depsgraph_get()
    soup = []
    for instance in graph.object_instances:
        if instance.object.type != "MESH" or instance.object.original.hide_render:
            continue
        mesh = instance.object.data
        if not len(mesh.vertices):
            continue
        mesh.calc_loop_triangles()
        points = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.attributes["position"].data.foreach_get("vector", points)
        corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        world = np.array(instance.matrix_world)
        points = points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
        soup.append(points[corners.reshape(-1, 3)])
    return np.concatenate(soup)


def _volume_and_centroid(triangles: np.ndarray) -> tuple[float, np.ndarray]:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    parts = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    volume = parts.sum()
    return float(volume), ((a + b + c) / 4 * parts[:, None]).sum(0) / volume


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """The best intersection over union over turns about Z in quarter steps."""
    return max(
        float((turned & other).sum() / (turned | other).sum()) for turned in (np.rot90(one, k, (0, 1)) for k in range(4))
    )


def _profile(triangles: np.ndarray, centroid: np.ndarray) -> np.ndarray:
    """Largest horizontal radius in each of 360 directions about the centroid."""
    offset = triangles.reshape(-1, 3)[:, :2] - centroid[:2]
    angle = np.arange(360) * np.pi / 180
    return (offset @ np.stack([np.cos(angle), np.sin(angle)])).max(0)


def _turn(profiles: list[np.ndarray]) -> float:
    """Degrees turned about Z in all, from the best rotation of each frame's support function onto the next, within 45."""
    total = 0.0
    for before, after in zip(profiles[:-1], profiles[1:], strict=True):
        shifts = np.arange(-44, 45)
        errors = [np.abs(np.roll(before, shift) - after).mean() for shift in shifts]
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
