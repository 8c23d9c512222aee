"""How well a tracked mesh follows its frames, and whether one mesh is the honest answer at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.mesh.edges import directed_edges, edge_lengths, unique_edges
from engine.mesh.surface import Mesh
from engine.mesh.track.sample import distance_to, sample

POINTS = 6000
# Beyond these a mesh of its own in every frame shows more of the motion than one that can't follow.
WORST_DISTANCE, WORST_LOST, WORST_FOLDS = 1.5, 9.0, 4.0


@dataclass(frozen=True)
class FrameError:
    """One frame's error.

    distance, lost: mean distance both ways, and the distance that 98 % of the frame's surface are within, in per cent of the
    sequence's box diagonal. folds: per cent of the edges whose faces fold onto each other (normals' dot product below -0.5).
    stretch: mean of how much longer or shorter an edge is than in the reference frame, as a factor of at least 1.
    """

    distance: float
    lost: float
    folds: float
    stretch: float


@dataclass(frozen=True)
class Report:
    """reference: number of the reference frame, from 0. frames: errors in their order."""

    reference: int
    frames: list[FrameError]

    @property
    def distance(self) -> float:
        """Mean over the frames, per cent of the box diagonal."""
        return float(np.mean([frame.distance for frame in self.frames]))

    @property
    def folds(self) -> float:
        """Mean over the frames, per cent of the edges."""
        return float(np.mean([frame.folds for frame in self.frames]))

    def objection(self) -> str | None:
        """Why meshes of their own in every frame would be better, in one clause; None where one mesh follows well."""
        for what, unit, limit, name in (
            ("distance", "% of the size away on average", WORST_DISTANCE, "the surface is"),
            ("lost", "% of the size away where it is furthest", WORST_LOST, "part of the surface is"),
            ("folds", "% of the edges folded", WORST_FOLDS, "the mesh has"),
        ):
            values = [getattr(frame, what) for frame in self.frames]
            worst = int(np.argmax(values))
            if values[worst] > limit:
                return f"in frame {worst + 1} {name} {values[worst]:.1f} {unit}"
        return None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for report.json; frames are numbered from 1."""
        frames = [{"frame": n, **{k: round(v, 4) for k, v in asdict(f).items()}} for n, f in enumerate(self.frames, 1)]
        mean = {"distance": round(self.distance, 4), "folds": round(self.folds, 4)}
        return {"reference": self.reference + 1, "mean": mean, "advice": self.objection() or "", "frames": frames}


def measure(positions: np.ndarray, triangles: np.ndarray, targets: list[Mesh], reference: int) -> Report:
    """positions [F, V, 3] of one mesh against the surfaces it should be on in each frame."""
    points = np.concatenate([mesh.vertices for mesh in targets])
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    edges, faces = edges_and_faces(triangles)
    rest = edge_lengths(positions[reference], edges)
    frames = []
    for place, target in zip(positions, targets, strict=True):
        own = Mesh(place, triangles)
        there = distance_to(target, sample(own, None, POINTS, 1).points)
        back = distance_to(own, sample(target, None, POINTS, 2).points)
        frames.append(
            FrameError(
                100 * float(there.mean() + back.mean()) / 2 / size,
                100 * float(np.percentile(back, 98)) / size,
                100 * folded(place, triangles, faces),
                _stretch(place, edges, rest),
            )
        )
    return Report(reference, frames)


def exact(positions: np.ndarray, triangles: np.ndarray, reference: int) -> Report:
    """Of positions [F, V, 3] that are the frames' own, in unit size."""
    edges, faces = edges_and_faces(triangles)
    rest = edge_lengths(positions[reference], edges)
    return Report(
        reference,
        [FrameError(0.0, 0.0, 100 * folded(place, triangles, faces), _stretch(place, edges, rest)) for place in positions],
    )


def edges_and_faces(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every edge once, int [E, 2], and the pairs of faces that share one, int [pairs, 2]."""
    ends = np.sort(directed_edges(triangles), 1)
    face = np.tile(np.arange(len(triangles)), 3)
    order = np.lexsort(ends.T)
    ends, face = ends[order], face[order]
    same = (ends[1:] == ends[:-1]).all(1)
    return unique_edges(ends), np.stack([face[:-1][same], face[1:][same]], 1)


def _stretch(vertices: np.ndarray, edges: np.ndarray, rest: np.ndarray) -> float:
    """How much longer or shorter edges are than `rest` on average, as a factor of at least 1."""
    ratio = np.log(np.maximum(edge_lengths(vertices, edges), 1e-12) / np.maximum(rest, 1e-12))
    return float(np.exp(np.abs(ratio).mean()))


def folded(vertices: np.ndarray, triangles: np.ndarray, faces: np.ndarray) -> float:
    """The share of the pairs of neighbouring faces [pairs, 2] that fold onto each other."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    dots = (normals[faces[:, 0]] * normals[faces[:, 1]]).sum(1)
    return float((dots < -0.5).mean()) if len(dots) else 0.0
