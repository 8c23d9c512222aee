"""The armature that a given mesh hangs on: its bones at rest, and how much each holds every vertex.

It comes in a file of its own beside the mesh's, an .npz without pickle, in the mesh's own axes and units:

    names           text [bones], each once, 1 to 60 bytes
    parents         int [bones], the bone that each hangs on, which comes before it; -1 for none
    heads, tails    float [bones, 3], where bones begin and end at rest, as the mesh's vertices are
    connected       bool [bones], a bone that can't leave its place: where it has no parent here it only turns about its head
    held            int [pairs, 2], a vertex and a bone that holds it, each pair once
    weights         float [pairs], how much it does; those of a vertex need not sum to 1
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from engine.mesh.files.frame import MeshError
from engine.mesh.rig.rig import MAX_BONES, MAX_NAME

# A bone that holds a smaller share of the surface moves with another one: noise is all that pictures say about it.
SMALL = 0.004
KINDS = {"names": "U", "parents": "iu", "heads": "f", "tails": "f", "connected": "b", "held": "iu", "weights": "f"}


@dataclass(frozen=True)
class GivenBones:
    """Bones with parents before their children; fields as the file's, and weights float64 [V, bones], which sum to 1."""

    names: list[str]
    parents: np.ndarray
    heads: np.ndarray
    tails: np.ndarray
    connected: np.ndarray
    weights: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """By the names of the file."""
        held = np.argwhere(self.weights > 0)
        return {
            "names": np.array(self.names), "parents": np.int32(self.parents), "heads": np.float64(self.heads),
            "tails": np.float64(self.tails), "connected": np.asarray(self.connected, bool), "held": np.int32(held),
            "weights": self.weights[tuple(held.T)],
        }  # fmt: skip


def read_bones(path: Path, vertices: np.ndarray) -> GivenBones:
    """The bones in a file, for a mesh with `vertices` [V, 3]. Raises MeshError where they are none for it."""
    if not path.is_file():
        raise MeshError(f"There are no bones {path}: give the path of a file of bones.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in KINDS}
    except Exception as error:
        # Archives fail in many ways.
        raise MeshError(f"{path.name} is no file of bones ({error}): see engine/reference/given/bones.py.") from error
    return bones_of(arrays, vertices, path.name)


def bones_of(arrays: dict[str, np.ndarray], vertices: np.ndarray, name: str) -> GivenBones:
    """The bones in a file's arrays; vertices that none holds go with what holds the nearest one that is held. name: of the
    file, for sentences. Raises MeshError."""
    if problem := _problem(arrays, len(vertices)):
        raise MeshError(f"{name} has {problem}: write the bones anew.")
    weights = np.zeros((len(vertices), len(arrays["names"])))
    weights[tuple(arrays["held"].T)] = arrays["weights"]
    total = weights.sum(1)
    held = total > 0
    if not held.any():
        raise MeshError(f"{name} has no bone that holds a vertex: give the mesh weights, or leave its bones out.")
    # Those that sum to 1 already stay to the bit: a job knows its mesh by what it holds.
    uneven = held & (np.abs(total - 1) > 1e-9)
    weights[uneven] /= total[uneven, None]
    if not held.all():
        nearest = cKDTree(vertices[held]).query(vertices[~held])[1]
        weights[~held] = weights[held][nearest]
    return GivenBones(
        arrays["names"].tolist(), np.int32(arrays["parents"]), np.float64(arrays["heads"]), np.float64(arrays["tails"]),
        arrays["connected"], weights,
    )  # fmt: skip


def leaders(bones: GivenBones, mass: np.ndarray, room: int) -> np.ndarray:
    """The bone with which each moves, [bones]: itself, or one that it hangs on where it is small beside the body, as fingers
    are, or there would be more than `room` that move by themselves. -1: it holds nothing, and goes with its parent.

    mass [V]: of the vertices.
    """
    share = mass @ bones.weights / mass.sum()
    leader = np.where(share > 0, np.arange(len(share)), -1)
    own = share.copy()
    while len(moving := np.unique(leader[leader >= 0])) > 1:
        least = moving[own[moving].argmin()]
        if own[least] >= SMALL and len(moving) <= room:
            break
        into = _into(bones, leader, moving, int(least))
        leader[leader == least] = into
        own[into] += own[least]
    return leader


def _into(bones: GivenBones, leader: np.ndarray, moving: np.ndarray, bone: int) -> int:
    """What a bone that does not move by itself goes with: what it hangs on, else what begins nearest."""
    parent = int(bones.parents[bone])
    while parent >= 0 and leader[parent] in (-1, bone):
        parent = int(bones.parents[parent])
    if parent >= 0:
        return int(leader[parent])
    others = moving[moving != bone]
    return int(others[np.linalg.norm(bones.heads[others] - bones.heads[bone], axis=1).argmin()])


def _problem(arrays: dict[str, np.ndarray], vertices: int) -> str:
    """What is wrong with a file's arrays, as the end of a clause; empty where nothing is."""
    for name, kinds in KINDS.items():
        if arrays[name].dtype.kind not in kinds:
            return f"{name} of type {arrays[name].dtype}"
    count, pairs = len(arrays["names"]) if arrays["names"].ndim == 1 else 0, arrays["weights"].shape[:1]
    wanted = {
        "names": (count,), "parents": (count,), "heads": (count, 3), "tails": (count, 3), "connected": (count,),
        "held": (*pairs, 2), "weights": pairs,
    }  # fmt: skip
    if not 1 <= count <= MAX_BONES:
        return f"{count} bones, where 1 to {MAX_BONES} are possible"
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            return f"{name} of shape {arrays[name].shape}, where {shape} belongs"
    if any(not np.isfinite(arrays[name]).all() for name in ("heads", "tails", "weights")):
        return "numbers that are not finite"
    names = arrays["names"].tolist()
    if len(set(names)) < count or not all(0 < len(name.encode("utf-8")) <= MAX_NAME for name in names):
        return f"names that don't differ, or not of 1 to {MAX_NAME} bytes"
    if not all(-1 <= parent < bone for bone, parent in enumerate(arrays["parents"].tolist())):
        return "parents that don't come before their children"
    held = arrays["held"]
    if len(held) and (held.min() < 0 or held[:, 0].max() >= vertices or held[:, 1].max() >= count):
        return f"weights for other than its {count} bones and the mesh's {vertices} vertices"
    if len(held) and (arrays["weights"].min() < 0 or len(np.unique(held, axis=0)) < len(held)):
        return "weights that are negative, or twice of one pair"
    return "bones without a length" if np.linalg.norm(arrays["tails"] - arrays["heads"], axis=1).min() <= 0 else ""
