"""A scene without bones whose trajectory explains its motion, as one mesh that moves as a whole: a rig with a root alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.config.quality import MeshConfig
from engine.mesh.asset import MovingMesh
from engine.mesh.atlas import unwrap
from engine.mesh.bake import bake_sequence
from engine.mesh.remesh import reduced
from engine.mesh.rig.build import build_rig
from engine.mesh.rig.report import size_of
from engine.mesh.rig.skinning import to_armature, to_world
from engine.mesh.surface import Mesh
from engine.mesh.track.sample import Samples, distance_to, sample
from engine.pipeline.posed_mesh import root_keys
from engine.scene.field import Field

# Frames whose surface is tried as the body.
CANDIDATES = 3
# Vertices of each that are compared; and points of each surface that they are compared with.
PROBES, SAMPLES = 300, 20_000
# Per cent of the body's size: the mean distance between the moved body and the surfaces that is allowed in all frames
# together, and in the worst one. About what is lost where a mesh is tracked.
MEAN_LIMIT, WORST_LIMIT = 0.6, 1.0


@dataclass(frozen=True)
class RigidBody:
    """mesh: in the body's own axes. errors: mean distance from each frame's surface, the larger of both ways, per cent of the
    body's size [frames]."""

    mesh: Mesh
    errors: np.ndarray

    @property
    def explains(self) -> bool:
        return float(self.errors.mean()) <= MEAN_LIMIT and float(self.errors.max()) <= WORST_LIMIT

    def as_metrics(self) -> dict[str, float | int]:
        """Plain values for asset.json."""
        return {"bones": 1, "mean": round(float(self.errors.mean()), 4), "largest": round(float(self.errors.max()), 4)}


def find_rigid_body(surfaces: list[Mesh], root: np.ndarray, triangles: int) -> RigidBody:
    """The surface that all others are nearest to once the root [frames, 10] (`root_keys`) moves it, of at most `triangles`."""
    samples = [sample(mesh, None, SAMPLES, 0) for mesh in surfaces]
    frames = np.unique(np.linspace(0, len(surfaces) - 1, CANDIDATES + 2).round().astype(int)[1:-1])

    def misfit(frame: int) -> float:
        own = to_armature(np.float64(surfaces[frame].vertices)[None], root[frame][None])[0]
        moved = to_world(np.tile(own[:: 1 + len(own) // PROBES], (len(root), 1, 1)), root)
        return float(np.mean([distance_to(*pair).mean() for pair in zip(surfaces, moved, samples, strict=True)]))

    return _body(surfaces, samples, min(frames, key=misfit), root, triangles)


def rigid_mesh(field: Field, body: RigidBody, times: torch.Tensor, config: MeshConfig, report) -> MovingMesh:
    """`body` as a mesh with a rig of one bone, textured by the field at `times` [frames]; `report` takes how many are done."""
    root, mesh = root_keys(field, times), body.mesh
    still = np.tile(np.eye(4), (len(times), 1, 1, 1))
    rig = build_rig(mesh.vertices, mesh.triangles, still, np.ones((1, len(mesh.vertices))), root)
    positions = np.float32(to_world(np.tile(np.float64(mesh.vertices), (len(times), 1, 1)), root))
    uv = unwrap(mesh, config.texture)
    albedos = bake_sequence(field, positions, mesh.triangles, uv, times.tolist(), config.texture, report)
    return MovingMesh(positions, mesh.triangles, uv, albedos, mesh.vertices, rig)


def _body(surfaces: list[Mesh], samples: list[Samples], frame: int, root: np.ndarray, triangles: int) -> RigidBody:
    world = reduced(surfaces[frame], triangles)
    own = to_armature(np.float64(world.vertices)[None], root[frame][None])[0]
    mesh = Mesh(np.float32(own), world.triangles)
    moved = to_world(np.tile(own, (len(root), 1, 1)), root)
    errors = [
        max(distance_to(there, now, own).mean(), distance_to(Mesh(now, mesh.triangles), there.vertices).mean())
        for now, there, own in zip(np.float32(moved), surfaces, samples, strict=True)
    ]
    return RigidBody(mesh, 100 * np.array(errors) / size_of(mesh.vertices[None]))
