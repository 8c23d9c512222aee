"""A mesh sequence of fixed topology becomes a mesh with a rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.mesh.rig.build import build_rig
from engine.mesh.rig.decomposition.decompose import MIN_VERTICES, decompose, find_bones
from engine.mesh.rig.report import RigReport, measure, torn_frames
from engine.mesh.rig.rig import Rig, RigError
from engine.mesh.rig.root import root_motion, vertex_mass
from engine.mesh.rig.skinning import matrices, rigid, to_armature

# Frames are compared at about so many vertices.
MIDDLE_POINTS = 500
# A frame this small beside the largest is a point.
POINT = 1e-6


# How far the vertices of a tracked mesh slide over a ball that is still, as a share of the box diagonal.
TRACKED = 0.004


@dataclass(frozen=True)
class RiggedMesh:
    """rest float32 [vertices, 3], armature space; triangles int32 [triangles, 3]; vertices float32 [frames, vertices, 3],
    world: what the rig gives, and in corrected frames what there was. notes: sentences on what is odd."""

    rest: np.ndarray
    triangles: np.ndarray
    rig: Rig
    vertices: np.ndarray
    report: RigReport
    notes: list[str]


def rig_sequence(
    vertices: np.ndarray,
    triangles: np.ndarray,
    bones: int | None = None,
    turn_only: bool = False,
    rest: int | None = None,
    noise: float = 0.0,
) -> RiggedMesh:
    """Finds a rig for vertices [frames, vertices, 3] in world coordinates.

    bones: how many at most; as many as the motion needs where left out. turn_only: joints never come apart, at the price of a
    larger error. rest: the frame to rest in, from 0; the one most like the others where left out. noise: how far vertices are
    from where they should be, a share of the box diagonal; TRACKED for what `track` makes. Raises RigError in one sentence.
    """
    vertices = np.float64(vertices)
    if vertices.shape[1] < MIN_VERTICES:
        raise RigError(f"The mesh has {vertices.shape[1]} vertices: bones need at least {MIN_VERTICES}.")
    if not np.isfinite(vertices).all():
        raise RigError("The mesh has vertices that are not finite.")
    sizes = np.linalg.norm(np.ptp(vertices, axis=1), axis=-1)
    if not sizes.min() > POINT * sizes.max():
        raise RigError(f"The mesh is a single point in {_list([int(sizes.argmin())])}, which no bones can do: leave it out.")
    torn, notes = torn_frames(vertices, triangles), []
    if 2 * len(torn) > len(vertices):
        raise RigError(f"The mesh tears in {len(torn)} of {len(vertices)} frames: its vertices don't stay in order.")
    if torn:
        notes.append(f"The mesh tears in {_list(torn)}: bones are found from the others, and a shape key keeps what is there.")
    whole = np.setdiff1d(np.arange(len(vertices)), torn)
    rest_frame = int(whole[_middle_frame(vertices[whole])]) if rest is None else rest
    mass = vertex_mass(vertices[rest_frame], triangles)
    root = root_motion(vertices, rest_frame, triangles)
    local = to_armature(vertices, root)
    start = local[rest_frame]
    found = decompose(local[whole], start, triangles, bones) if bones else find_bones(local[whole], start, triangles, noise)
    if len(found.weights) == 1:
        pose = np.tile(np.eye(4), (len(vertices), 1, 1, 1))
        if bones is None or bones > 1:
            notes.append("There is no motion beyond the whole body's: one bone.")
    else:
        pose = np.empty((len(vertices), len(found.weights), 4, 4))
        pose[whole] = found.pose
        pose[torn] = matrices(*rigid(start, local[torn], mass * found.weights**2))
    own = local if turn_only else None
    rig = build_rig(start, triangles, pose, found.weights, root, own)
    start = np.float32(start)
    skinned = rig.vertices(start)
    report = measure(skinned, vertices, triangles, len(rig.names), torn)
    skinned[report.corrected] = vertices[report.corrected]
    if set(report.corrected) - set(torn):
        missed = _list(sorted(set(report.corrected) - set(torn)))
        notes.append(f"The bones alone miss part of the motion in {missed}: a shape key adds it.")
    return RiggedMesh(start, triangles, rig, skinned, report, notes)


def _middle_frame(vertices: np.ndarray) -> int:
    """The frame with the least sum of distances to the others, each about its own middle."""
    centred = (vertices - vertices.mean(1, keepdims=True))[:, :: max(1, vertices.shape[1] // MIDDLE_POINTS)]
    return int(sum(np.linalg.norm(centred - frame, axis=-1).mean(1) for frame in centred).argmin())


def _list(frames: list[int]) -> str:
    """Frame numbers in words."""
    numbers = ", ".join(str(frame + 1) for frame in frames[:5])
    more = f" and {len(frames) - 5} more" if len(frames) > 5 else ""
    return f"{'frame' if len(frames) == 1 else 'frames'} {numbers}{more}"
