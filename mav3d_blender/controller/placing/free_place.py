"""A place for a new object beside those that are there."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

# What has a surface that another object could stand in.
SOLID = {"MESH", "CURVE", "SURFACE", "FONT", "META"}
# What is so many times as large as the object is what it stands in or on: a room, a landscape.
SURROUNDINGS = 5.0
# Between two objects, as a share of the new one's width.
GAP = 0.15
TOUCHING = 1e-4
MOST = 200


def expected_box(size: float) -> np.ndarray:
    """Corners of the box, about its location, that an object of a size will have at most before it moves, metres; of one whose
    size is left to the engine, 0, the box of its world."""
    half, height = (size / 2, size) if size > 0 else (1.0, 2.0)
    return np.array([[-half, -half, 0.0], [half, half, height]])


def free_place(scene: bpy.types.Scene, location: tuple[float, float, float], box: np.ndarray) -> tuple[float, float, float]:
    """`location`, or where something visible is in the way there, the nearest place to its right (along +X) that is free.

    box [2, 3]: corners of what is to be placed, about its location, metres.
    """
    boxes, size = _boxes(scene), float(np.ptp(box, axis=0).max())
    boxes = [each for each in boxes if np.ptp(each, axis=0).max() < SURROUNDINGS * size]
    place = np.array(location, np.float64)
    for _ in range(MOST):
        right = [each[1, 0] for each in boxes if _overlap(each, box + place, size)]
        if not right:
            break
        place[0] = max(right) - box[0, 0] + GAP * (box[1, 0] - box[0, 0])
    return tuple(place.tolist())


def _boxes(scene: bpy.types.Scene) -> list[np.ndarray]:
    """Corners of the visible objects' boxes in the world, [2, 3] each."""
    found = []
    for item in scene.objects:
        if item.type in SOLID and not item.hide_viewport and not item.hide_render:
            corners = np.array([item.matrix_world @ Vector(corner) for corner in item.bound_box])
            found.append(np.stack([corners.min(0), corners.max(0)]))
    return found


def _overlap(one: np.ndarray, other: np.ndarray, size: float) -> bool:
    return bool((np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]) > TOUCHING * size).all())
