"""How closely a rig moves a mesh as it was given, and what is odd about the sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.mesh.edges import directed_edges, edge_lengths, unique_edges

# A frame that the rig misses by more than this, per cent of the box diagonal at the 99th percentile of its vertices, is mended
# by a shape key of its own.
CORRECTED_FROM = 2.0
# A frame is torn where an edge is this many times as long as in a quarter of the frames, and longer than this share of the
# size.
TORN, TORN_LENGTH = 4.0, 0.1


@dataclass(frozen=True)
class RigReport:
    """What the rig alone does, without the shape keys of corrected frames.

    mean, largest: distance of vertices from where they were, per cent of the box diagonal, [frames]. stretch: how much longer
    or shorter edges are than they were, as a factor of at least 1, mean over all frames. corrected: frames with a shape key of
    their own, from 0.
    """

    bones: int
    mean: np.ndarray
    largest: np.ndarray
    stretch: float
    corrected: list[int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for asset.json; frames are numbered from 1."""
        return {
            "bones": self.bones, "mean": round(float(self.mean.mean()), 4), "largest": round(float(self.largest.max()), 4),
            "stretch": round(self.stretch, 4), "corrected": [frame + 1 for frame in self.corrected],
        }  # fmt: skip


def measure(
    skinned: np.ndarray, vertices: np.ndarray, triangles: np.ndarray, bones: int, torn: list[int] | None = None
) -> RigReport:
    """What a rig gives against what there was, both [frames, vertices, 3]. torn: frames that are corrected in any case."""
    distance = 100 * np.linalg.norm(skinned - vertices, axis=-1) / size_of(vertices)
    edges = unique_edges(directed_edges(triangles))
    new, old = (np.maximum(edge_lengths(each, edges), 1e-12) for each in (skinned, vertices))
    missed = np.percentile(distance, 99, axis=1) > CORRECTED_FROM
    missed[torn or []] = True
    stretch = float(np.exp(np.abs(np.log(new / old)).mean()))
    return RigReport(bones, distance.mean(1), distance.max(1), stretch, np.flatnonzero(missed).tolist())


def size_of(vertices: np.ndarray) -> float:
    """The box diagonal of vertices [frames, vertices, 3] over all frames."""
    return float(np.linalg.norm(np.ptp(vertices.reshape(-1, 3), axis=0)))


def torn_frames(vertices: np.ndarray, triangles: np.ndarray) -> list[int]:
    """The frames, from 0, of vertices [frames, vertices, 3] in which edges are far longer than in the others."""
    lengths = edge_lengths(vertices, unique_edges(directed_edges(triangles)))
    long = (lengths > TORN * np.quantile(lengths, 0.25, axis=0)) & (lengths > TORN_LENGTH * size_of(vertices[:1]))
    return np.flatnonzero(long.any(1)).tolist()
