"""What a given mesh is among the built-in objects, which way it faces, and where it stands in the scene.

Both are put into one box and seen along three axes: how much of their outlines is in common, in their own proportions and in
the box's, says how alike they are (as silhouettes do for pictures, `engine.reference.estimate_pose`).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from engine.contract.errors import DamagedError, PromptError
from engine.contract.prompt import parse_prompt
from engine.contract.vocabulary import Vocabulary
from engine.files import write_text
from engine.mesh.surface import Mesh
from engine.mesh.track.sample import areas
from engine.models.world.bodies import BODIES
from engine.models.world.placements import SCALES
from engine.models.world.scene import distance
from engine.reference.camera import LENGTH
from engine.reference.given.mesh import ReferenceMesh
from engine.reference.given.solid import signed_depth

# Cells a side of the solids that are compared, and pixels of their outlines.
GRID, OUTLINE = 64, 32
# A pixel of an outline counts that is covered so far.
COVERED = 0.4
# Below this the mesh is something else. Another object is taken that can move so if it is not worse by more than NEAR.
MIN_LIKENESS, NEAR = 0.48, 0.08
# The mesh faces -Y unless a quarter turn makes it so much more alike.
CLEARLY = 0.03
# Metres that a body reaches from its origin, at its own size; and so near it thin parts have a cell of a coarse grid.
REACH, NEARLY_INSIDE = 0.8, 0.02
# Metres from the middle of the scene that a mesh of other proportions may reach.
ROOM = 0.75
TURNS = (np.eye(3), [[0, -1, 0], [1, 0, 0], [0, 0, 1]], [[-1, 0, 0], [0, -1, 0], [0, 0, 1]], [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])


@dataclass(frozen=True)
class MeshFit:
    """name, colour: of the object in the models' own words, empty where they take any text. likeness: how alike it is, 0 to 1.
    A vertex x of the mesh is at centre + scale * turned(x - origin) in the scene, turned by `quarters` quarter turns about Z,
    counter-clockwise seen from above."""

    name: str
    colour: str
    likeness: float
    quarters: int
    scale: float
    origin: tuple[float, float, float]
    centre: tuple[float, float, float]

    @property
    def turn(self) -> np.ndarray:
        """From the mesh's axes to the scene's, [3, 3]."""
        return np.array(TURNS[self.quarters], float)

    def to_scene(self, points: np.ndarray) -> np.ndarray:
        """Places of the mesh [N, 3] in the scene."""
        return self.scale * (points - np.array(self.origin)) @ self.turn.T + np.array(self.centre)

    def save(self, path: Path) -> None:
        """Writes JSON aside, then renames it. Raises OSError."""
        write_text(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> MeshFit:
        """Raises DamagedError where the file is none that `save` wrote."""
        try:
            values = json.loads(path.read_text("utf-8"))
            fit = cls(**values | {name: tuple(map(float, values[name])) for name in ("origin", "centre")})
            numbers = (fit.scale, *fit.origin, *fit.centre)
            if len(numbers) != 7 or not all(map(math.isfinite, numbers)) or fit.scale <= 0 or fit.quarters not in range(4):
                raise ValueError("it says no place")
            return fit
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedError(f"{path} is damaged ({error}): begin the job anew.") from error


def fit_mesh(mesh: ReferenceMesh, prompt: str, vocabulary: Vocabulary | None) -> MeshFit:
    """What `mesh` is, and its place where the models expect that. prompt: as the user wrote it, whose words come first.
    vocabulary: what the models know; None where they take any text, and expect a thing of one metre in the middle.

    Raises PromptError where the prompt names no object and the mesh looks like none, or moves in a way that it can't.
    """
    used = mesh.vertices[np.unique(mesh.triangles)]
    low, high = used.min(0), used.max(0)
    origin, half = (low + high) / 2, (high - low) / 2
    if vocabulary is None:
        return MeshFit("", "", 0.0, 0, LENGTH / (2 * half.max()), tuple(origin.tolist()), (0.0, 0.0, 0.0))
    said = parse_prompt(prompt, vocabulary)
    colour = said.colour or colour_of(mesh, vocabulary.palette)
    known = [name for name in vocabulary.objects if name in BODIES]
    if said.object and said.object not in known:
        return MeshFit(said.object, colour, 0.0, 0, LENGTH / (2 * half.max()), tuple(origin.tolist()), (0.0, 0.0, 0.0))
    size = said.size or ""
    names = [said.object] if said.object else known
    likeness = _compare(mesh, origin, half, names, size)
    name = said.object or _recognised(likeness, vocabulary.suits.get(said.limb_motion or "", names))
    best = likeness[name].argmax()
    quarters = int(best) if likeness[name][best] > likeness[name][0] + CLEARLY else 0
    low, high = (SCALES.get(size, SCALES[""]) * bound for bound in _box(name, size))
    turned = half[[1, 0, 2]] if quarters % 2 else half
    scale = min(float(turned @ (high - low) / 2 / (turned @ turned)), ROOM / float(half.max()))
    centre = tuple(((low + high) / 2).tolist())
    return MeshFit(name, colour, round(float(likeness[name][quarters]), 3), quarters, scale, tuple(origin.tolist()), centre)


def colour_of(mesh: ReferenceMesh, palette: dict[str, list[float]]) -> str:
    """The palette's name for what most of the mesh looks like; empty where it has no colours."""
    if mesh.paint is None:
        return ""
    middles = np.full((len(mesh.triangles), 3), 1 / 3)
    colours = mesh.paint.at(np.arange(len(mesh.triangles)), middles)
    names, values = list(palette), np.array(list(palette.values()))
    nearest = np.linalg.norm(colours[:, None] - values, axis=-1).argmin(1)
    share = np.bincount(nearest, areas(Mesh(np.float32(mesh.vertices), mesh.triangles)), len(names))
    return names[int(share.argmax())]


def _recognised(likeness: dict[str, np.ndarray], able: list[str]) -> str:
    """The object most alike, of those that can move so where one is nearly as much. Raises PromptError where none is."""
    best = max(likeness, key=lambda name: likeness[name].max())
    highest = likeness[best].max()
    if highest < MIN_LIKENESS:
        raise PromptError(
            f"This mesh looks like none of the built-in objects (at best {highest:.0%} like a {best}); name it in the prompt: "
            f"{', '.join(likeness)}.",
            "Name the object",
        )
    suitable = [name for name in likeness if name in able and likeness[name].max() > highest - NEAR]
    return best if best in able or not suitable else max(suitable, key=lambda name: likeness[name].max())


def _compare(mesh: ReferenceMesh, origin: np.ndarray, half: np.ndarray, names: list[str], size: str) -> dict[str, np.ndarray]:
    """How alike the mesh is to each object after 0 to 3 quarter turns, [4], from 0 to 1."""
    largest = max(float(half.max()), 1e-30)
    solid = signed_depth((mesh.vertices - origin) / (largest * 1.05), mesh.triangles, GRID) > -0.2
    found = {}
    for quarters in range(4):
        own = _outlines(np.rot90(solid, quarters, (0, 1)))
        sides = half[[1, 0, 2]] if quarters % 2 else half
        for name in names:
            low, high = _box(name, size)
            ratio = np.log(np.maximum(sides, 1e-3 * largest) / ((high - low) / 2))
            found.setdefault(name, np.zeros(4))[quarters] = _alike(own, _body_outlines(name, size), float(np.exp(-ratio.std())))
    return found


def _alike(one: list[np.ndarray], other: list[np.ndarray], proportions: float) -> float:
    """Of outlines in their own proportions and in one box, which count as much as the proportions agree (0 to 1)."""
    shares = [float((a & b).sum() / max((a | b).sum(), 1)) for a, b in zip(one, other, strict=True)]
    return (sum(shares[:3]) + proportions * sum(shares[3:])) / 6


def _outlines(solid: np.ndarray) -> list[np.ndarray]:
    """Of a solid, bool [n, n, n], seen along X, Y and Z: as it is, then with its box stretched over the whole picture."""
    views = [solid.any(axis) for axis in range(3)]
    return [_resized(view) for view in views] + [_resized(view[_rows(view)][:, _rows(view.T)]) for view in views]


def _rows(view: np.ndarray) -> slice:
    there = np.flatnonzero(view.any(1))
    return slice(there[0], there[-1] + 1) if len(there) else slice(None)


def _resized(view: np.ndarray) -> np.ndarray:
    """A picture bool [rows, columns] in OUTLINE x OUTLINE pixels."""
    places = np.meshgrid(*((np.arange(OUTLINE) + 0.5) / OUTLINE * side - 0.5 for side in view.shape), indexing="ij")
    return ndimage.map_coordinates(np.float32(view), places, order=1, mode="nearest") >= COVERED


@lru_cache(maxsize=64)
def _box(name: str, size: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner of a body at rest, metres in its own axes."""
    axis = torch.linspace(-REACH, REACH, 40)
    points = torch.cartesian_prod(axis, axis, axis)
    inside = points[distance(name, "resting", 0.0, points, size) < NEARLY_INSIDE].numpy()
    return inside.min(0), inside.max(0)


@lru_cache(maxsize=64)
def _body_outlines(name: str, size: str) -> list[np.ndarray]:
    low, high = _box(name, size)
    axis = torch.linspace(-1, 1, GRID // 2 + OUTLINE // 4)
    points = torch.cartesian_prod(axis, axis, axis) * float((high - low).max() / 2 * 1.05) + torch.from_numpy((low + high) / 2)
    count = len(axis)
    return _outlines((distance(name, "resting", 0.0, points, size) < 0).numpy().reshape(count, count, count))
