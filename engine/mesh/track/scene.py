"""One mesh that follows our own field through a clip.

The field knows more than its surfaces: what its trajectory does to the body is known exactly, so surfaces are brought into the
body's axes, tracked there, where little is left to find, and carried back; and the colours that the field has at a surface keep
vertices from sliding along it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from engine.mesh.remesh import reduced
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import Track, follow, track
from engine.mesh.track.report import measure
from engine.scene.field import Field, colours_at
from engine.scene.trajectory import Trajectory


def track_scene(
    field: Field,
    meshes: list[Mesh],
    times: torch.Tensor,
    triangles: int,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Track:
    """Follows the field's surfaces, one a frame at `times` [F] in [0, 1], with about `triangles` even triangles."""
    colours = [colours_at(field, mesh.vertices, float(time)) for mesh, time in zip(meshes, times, strict=True)]

    def prepare(mesh: Mesh) -> Mesh:
        return reduced(mesh, triangles)

    if field.trajectory is None:
        return track(meshes, colours, prepare=prepare, report=report)
    bodies = [
        Mesh(carried(field.trajectory.to_body, mesh.vertices, float(time)), mesh.triangles)
        for mesh, time in zip(meshes, times, strict=True)
    ]
    places, faces, reference = follow(bodies, colours, prepare=prepare, nearby=True, report=report)
    positions = np.stack(
        [carried(field.trajectory.to_world, place, float(time)) for place, time in zip(places, times, strict=True)]
    )
    return Track(positions, faces, measure(positions, faces, meshes, reference))


@torch.no_grad()
def carried(params: Callable[..., torch.Tensor], points: np.ndarray, time: float) -> np.ndarray:
    """points [N, 3] through `Trajectory.to_body` or `to_world` at a time, float32 [N, 3]."""
    owner: Trajectory = params.__self__
    device = owner.translation.device
    at = torch.from_numpy(np.ascontiguousarray(points, np.float32)).to(device)
    frames = torch.zeros(len(at), dtype=torch.long, device=device)
    return params(at, frames, torch.tensor([time], device=device)).cpu().numpy()
