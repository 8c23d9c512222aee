"""From shape keys that hold moved copies of one shape to that shape at rest, moved by keys of the object's transform.

An edit of the mesh then follows the motion: where every key holds a copy of its own, it would tear the others.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from . import compat
from .animation.keyframes import repeat_of
from .animation.timing import Timing
from .animation.transforms import key_transform
from .asset_folder.rig import quaternion_matrix
from .bake import BakeError, hide
from .shape_keys import add_shape_keys

TRANSFORM = ("location", "rotation", "scale", "delta_")
# What the transform leaves, as a share of the size, that shape keys have to add.
LEFT_OVER = 5e-3
# Turns that tilt the vertical by less than this, as a sine, keep the origin's height.
UPRIGHT = 0.02


def to_transform_keys(host: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Object:
    """What the keyed shape keys of `host`, which is hidden, do as keys of location, rotation and scale of a new object.

    What no such motion explains stays in shape keys about the shape at rest. Raises BakeError, with nothing changed, where
    there are no keyed shape keys or the object has keys of its own.
    """
    if host.type != "MESH" or host.mode != "OBJECT":
        raise BakeError(f"{host.name} can't be converted: it has to be a mesh object in Object Mode.")
    if any(curve.data_path.startswith(TRANSFORM) for curve in compat.fcurves(host)):
        raise BakeError(f"{host.name} has keys of its own already: its transform can't take the motion as well.")
    positions, timing = _frames(host)
    # A scale goes into the mesh: it could be another along each axis.
    place, turn, scale = host.matrix_basis.decompose()
    positions = positions * np.array(scale)
    root, rest = _fit(positions)
    left = _at_rest(positions, root)
    size = max(float(np.linalg.norm(np.ptp(rest, axis=0))), 1e-9)
    twin = host.copy()
    twin.data = host.data.copy()
    for collection in host.users_collection:
        collection.objects.link(twin)
    if compat.fcurves(twin):
        # Of modifiers, which stay.
        compat.copy_action(twin)
    twin.shape_key_clear()
    twin.data.attributes["position"].data.foreach_set("vector", np.float32(rest).ravel())
    twin.data.update()
    if np.abs(left - rest).max() > LEFT_OVER * size:
        add_shape_keys(twin, left, timing)
    own = np.array(turn.to_matrix())
    root[:, :3] = root[:, :3] @ own.T
    root[:, 3:7] = [turn @ Quaternion(each) for each in root[:, 3:7]]
    key_transform(twin, root, timing, np.array(place), size)
    hide(host)
    return twin


def _frames(host: bpy.types.Object) -> tuple[np.ndarray, Timing]:
    """The shapes [frames, vertices, 3] that keyed shape keys show one after the other, and when."""
    keys = host.data.shape_keys
    curves = {curve.data_path: curve for curve in (compat.fcurves(keys) if keys else [])}
    shown = []
    for key in keys.key_blocks if keys else ():
        curve = curves.get(key.path_from_id("value"))
        times = [point.co[0] for point in curve.keyframe_points if point.co[1] > 0.99] if curve else []
        if times:
            points = np.empty((len(key.points), 3), np.float32)
            key.points.foreach_get("co", points.ravel())
            shown.append((times[0], points, curve))
    if len(shown) < 2:
        raise BakeError(f"{host.name} has no keyed shape keys.")
    shown.sort(key=lambda each: each[0])
    gaps = np.diff([each[0] for each in shown])
    if np.ptp(gaps) > 0.01 * gaps.mean():
        raise BakeError(f"The shape keys of {host.name} are not at even times: use Bake to Frames instead.")
    timing = Timing(shown[0][0], float(gaps.mean()), repeat_of(shown[0][2]))
    return np.float64([points for _, points, _ in shown]), timing


def _fit(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The similarity transforms, root [frames, 10], that take a rest shape [vertices, 3] nearest to each frame (Umeyama 1991);
    the rest shape is the first frame about its middle, or about the origin's height where nothing tilts."""
    first = positions[0]
    middle = first.mean(0)
    centered = first - middle
    spread = float((centered**2).sum())
    turns, scales, means = [], [], positions.mean(1)
    for frame, mean in zip(positions, means, strict=True):
        u, values, vt = np.linalg.svd((frame - mean).T @ centered)
        sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
        turns.append((u * sign) @ vt)
        scales.append(float((values * sign).sum()) / max(spread, 1e-12))
    turns, scales = np.array(turns), np.array(scales)
    pivot = middle.copy()
    if np.abs(turns[:, :2, 2]).max() <= UPRIGHT:
        pivot[2] = 0.0
    places = means + scales[:, None] * (turns @ (pivot - middle))
    quaternions = np.array([Matrix(each).to_quaternion() for each in turns])
    root = np.concatenate([places, quaternions, np.repeat(scales[:, None], 3, 1)], axis=1)
    return root, first - pivot


def _at_rest(positions: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Positions [frames, vertices, 3] as the transforms of `root` find them."""
    return np.stack(
        [(frame - each[:3]) @ quaternion_matrix(each[3:7]) / each[7] for frame, each in zip(positions, root, strict=True)]
    )
