"""A mesh of fixed topology that moves: one object with a relative shape key a frame."""

from __future__ import annotations

import bpy
import numpy as np

from .animation.keyframes import write_curve
from .animation.timing import Timing
from .asset_folder.asset import MovingMesh
from .meshes import make_mesh


def make_shape_keys(name: str, mesh: MovingMesh, collection: bpy.types.Collection, timing: Timing) -> bpy.types.Object:
    """An object in `collection` with the shape mesh.positions[i] at clip frame i.

    A mesh of one frame becomes a still object without shape keys.
    """
    host = bpy.data.objects.new(name, make_mesh(name, mesh.frame(0)))
    collection.objects.link(host)
    add_shape_keys(host, mesh.positions, timing)
    return host


def add_shape_keys(host: bpy.types.Object, positions: np.ndarray, timing: Timing) -> None:
    """Gives `host`, a mesh object in the first shape, positions [frames, vertices, 3] at the clip's frames.

    Between two frames the shape is their linear mixture, exactly. The Basis is the
    first frame, a shape of the object's own to rest in; editing it in edit mode moves every frame along.
    """
    count, end = len(positions), timing.knots(len(positions))
    if count == 1:
        return
    host.shape_key_add(name="Basis", from_mix=False)
    host.data.shape_keys.name = host.name
    for index, shape in enumerate(np.ascontiguousarray(positions, np.float32)):
        key = host.shape_key_add(name=f"Frame {index + 1:04d}", from_mix=False)
        key.points.foreach_set("co", shape.ravel())
        # 0 -> 1 -> 0 over the neighbours; what would lie outside the clip is left out, so that the ends hold.
        around = {at for at in (index - 1, index, index + 1) if 0 <= at <= end}
        if timing.repeat != "HOLD":
            # All curves have to begin again together; a loop's first frame comes once more at its end.
            around |= {0, end} | ({end - 1} if index == 0 else set())
        knots = np.array(sorted(around))
        values = (knots % count == index).astype(float)
        path = key.path_from_id("value")
        write_curve(host.data.shape_keys, path, timing.at(knots), values, "LINEAR", timing.repeat)
