"""From surfaces that share no vertices to one mesh that follows them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.mesh.surface import Mesh
from engine.mesh.track.graph import NODES, surface_graph
from engine.mesh.track.propagate import TrackedPoses, Tracker, frames_to_do, propagate, surfaces
from engine.mesh.track.report import Report, measure
from engine.mesh.track.sample import areas

# Parts below this share of the area are dust.
DUST = 1e-4
# A reference has nearly the largest area there is: what it lacks, such as an arm that lies against the body, is lost.
NEARLY_LARGEST = 0.95
# So many frames in all are worked through, with up to three references; the one that fits best is kept.
FRAMES_IN_ALL, MAX_REFERENCES = 12, 3
NODES_NEARBY = 100


@dataclass(frozen=True)
class Track:
    """positions float32 [frames, vertices, 3] in the coordinates of the input; triangles int32 [T, 3]."""

    positions: np.ndarray
    triangles: np.ndarray
    report: Report

    def meshes(self) -> list[Mesh]:
        """The mesh in every frame."""
        return [Mesh(place, self.triangles) for place in self.positions]


def track(
    meshes: list[Mesh],
    colours: list[np.ndarray | None],
    reference: int | None = None,
    prepare: Callable[[Mesh], Mesh] = lambda mesh: mesh,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Track:
    """As `follow`, measured against the surfaces."""
    positions, triangles, reference = follow(meshes, colours, reference, prepare, report=report)
    return Track(positions, triangles, measure(positions, triangles, meshes, reference))


def follow(
    meshes: list[Mesh],
    colours: list[np.ndarray | None],
    reference: int | None = None,
    prepare: Callable[[Mesh], Mesh] = lambda mesh: mesh,
    nearby: bool = False,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Carries one frame's mesh through the surfaces of all frames.

    meshes: one a frame, in any coordinates. colours: of their vertices, [V, 3] in [0, 1], or None; all or none.
    reference: the frame, from 0, whose mesh is followed; the best of a few if left out. prepare: makes the reference mesh
    ready, for instance with fewer or more even triangles. nearby: surfaces hardly move from frame to frame.
    report: called with the number of frames done, and of all. Returns positions float32 [frames, vertices, 3] in the
    coordinates of the input, triangles int32 [T, 3], and the reference.
    """
    if len(meshes) == 1:
        only, _ = _ready(meshes[0], None, prepare)
        return only.vertices[None].astype(np.float32), only.triangles, 0
    points = np.concatenate([mesh.vertices for mesh in meshes]).astype(np.float64)
    middle, size = points.mean(0), float(np.linalg.norm(np.ptp(points, axis=0)))
    unit = [Mesh((mesh.vertices.astype(np.float64) - middle) / size, mesh.triangles) for mesh in meshes]
    frames = surfaces(unit, colours)
    chosen = references(unit)[: 1 if nearby else MAX_REFERENCES] if reference is None else [reference]
    best: tuple[TrackedPoses, Tracker, int] | None = None
    work = frames_to_do(len(meshes), nearby)
    for number, index in enumerate(chosen):

        def report_frame(done: int, before: int = number) -> None:
            report(before * work + done, len(chosen) * work)

        tracker = Tracker(*_ready(unit[index], colours[index], prepare), NODES_NEARBY if nearby else NODES)
        found = propagate(tracker, frames, index, nearby, report_frame)
        if best is None or found.score < best[0].score:
            best = found, tracker, index
    found, tracker, index = best
    positions = np.stack([tracker.positions(pose) for pose in found.poses]) * size + middle
    return positions.astype(np.float32), tracker.mesh.triangles, index


def references(meshes: list[Mesh]) -> list[int]:
    """The frames that could be the reference, the largest in area first; fewer of them for longer clips."""
    area = np.array([areas(mesh).sum() for mesh in meshes])
    count = int(np.clip(FRAMES_IN_ALL // len(meshes), 1, MAX_REFERENCES))
    return [int(index) for index in np.argsort(-area) if area[index] >= NEARLY_LARGEST * area.max()][:count]


def _ready(
    mesh: Mesh, colours: np.ndarray | None, prepare: Callable[[Mesh], Mesh]
) -> tuple[Mesh, np.ndarray | None]:
    """The reference without dust, made ready; colours go along to the nearest vertices."""
    clean, kept = without_dust(mesh)
    colours = None if colours is None else colours[kept]
    ready = prepare(clean)
    if colours is not None and ready is not clean:
        colours = colours[cKDTree(clean.vertices).query(ready.vertices)[1]]
    return ready, colours


def without_dust(mesh: Mesh) -> tuple[Mesh, np.ndarray]:
    """The mesh without parts that hardly have an area, and the numbers of the vertices that are left."""
    label = connected_components(surface_graph(mesh), directed=False)[1]
    area = np.bincount(label[mesh.triangles[:, 0]], areas(mesh), label.max() + 1)
    keep = area[label] >= DUST * area.sum()
    number = np.cumsum(keep) - 1
    triangles = mesh.triangles[keep[mesh.triangles[:, 0]]]
    return Mesh(mesh.vertices[keep], number[triangles].astype(np.int32)), np.flatnonzero(keep)
