"""One mesh of a sequence, as a file holds it and as the tracker takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.contract.errors import EngineError
from engine.mesh.edges import triangles_per_edge
from engine.mesh.files.paint import Paint

# Vertices closer than this share of the size are one.
SAME_PLACE = 1e-6
# Sizes that single precision holds with room for squares of shares of them.
SMALLEST, LARGEST = 1e-30, 1e30


class MeshError(EngineError):
    kind = "mesh"


class EmptyError(MeshError):
    """A file without a triangle: what a simulation writes before there is anything."""

    kind = "empty_frame"


@dataclass(frozen=True)
class Faces:
    """The polygons that triangles were cut from. corners: their vertices one after the other, int [C]; counts: how many each
    has, int [P]; places: where in `corners` the triangles' corners are, int [T, 3]; owner: each triangle's polygon, int [T]."""

    corners: np.ndarray
    counts: np.ndarray
    places: np.ndarray
    owner: np.ndarray


@dataclass(frozen=True)
class RawMesh:
    """What a file holds. vertices float64 [V, 3]; triangles int64 [T, 3]; paint: its colours, None where it has none; losses:
    what it names and can't be had, and what was done, a clause each. uv: texture coordinates of the corners, [T, 3, 2], None
    where some have none. faces: what the triangles were cut from; None where the file has triangles. split: whether the file's
    kind writes a vertex once for every look that it has, so that those in one place are one; None where a file may."""

    vertices: np.ndarray
    triangles: np.ndarray
    paint: Paint | None = None
    losses: tuple[str, ...] = ()
    uv: np.ndarray | None = None
    faces: Faces | None = None
    split: bool | None = None


@dataclass(frozen=True)
class Frame:
    """One mesh of a sequence. vertices float64 [V, 3]; triangles int32 [T, 3]; paint: its colours, or None; note: what is odd
    about its surface; losses, uv: as in `RawMesh`."""

    path: Path
    vertices: np.ndarray
    triangles: np.ndarray
    paint: Paint | None = None
    note: str = ""
    losses: tuple[str, ...] = ()
    uv: np.ndarray | None = None

    @property
    def size(self) -> float:
        """The box's diagonal."""
        return extent(self.vertices)

    @property
    def colours(self) -> np.ndarray | None:
        """Colours of the vertices, sRGB float64 [V, 3] in [0, 1]; None where there are none."""
        return None if self.paint is None else self.paint.of_vertices(self.triangles, len(self.vertices))


def checked(path: Path, name: str, raw: RawMesh) -> Frame:
    """The file's mesh with vertices in one place made one, and without triangles that have no area.

    name: of the frame, for sentences. Raises MeshError where there is no surface, numbers are not finite, or triangles point
    outside the vertices.
    """
    check_sound(name, raw)
    # What no triangle uses says nothing about the surface's size or place.
    used, triangles = np.unique(raw.triangles, return_inverse=True)
    vertices, triangles = raw.vertices[used], triangles.reshape(-1, 3)
    size = extent(vertices)
    if not size > 0:
        raise EmptyError(f"{name} is empty: all its triangles are in a single point.")
    if not SMALLEST < size < LARGEST:
        across = f"{size:.0e}" if np.isfinite(size) else "more than 1e+308"
        raise MeshError(f"{name} is {across} across, beyond what single precision holds: scale the sequence to meters.")
    _, first, same = np.unique(cells(vertices, size), axis=0, return_index=True, return_inverse=True)
    triangles = same.reshape(-1)[triangles]
    whole = with_three_corners(triangles)
    triangles = triangles[whole]
    if len(triangles) == 0:
        raise EmptyError(f"{name} is empty: it has no triangle with an area.")
    used, renumbered = np.unique(triangles, return_inverse=True)
    triangles = renumbered.reshape(-1, 3).astype(np.int32)
    paint = None if raw.paint is None else raw.paint.only(whole)
    return Frame(path, vertices[first[used]], triangles, paint, _oddity(triangles), raw.losses)


def check_sound(name: str, raw: RawMesh) -> None:
    """Raises EmptyError where there is no triangle, and MeshError where triangles point outside the vertices or those that
    they use are not finite. name: of the frame, for sentences."""
    vertices, triangles = raw.vertices, raw.triangles
    if len(triangles) == 0:
        points = f"{len(vertices)} points and no triangle" if len(vertices) else "no triangles"
        raise EmptyError(f"{name} is empty: it has {points}.")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        wrong = triangles[(triangles < 0) | (triangles >= len(vertices))][0]
        raise MeshError(
            f"{name} has triangles that point outside its {len(vertices)} vertices, such as to number {wrong} from 0: export "
            "it anew, it is damaged."
        )
    used = vertices[np.unique(triangles)]
    bad = int((~np.isfinite(used)).any(1).sum())
    if bad:
        raise MeshError(
            f"{name} holds numbers that are not finite, in {bad} of {len(used)} vertices: remove these vertices, or leave "
            "out the frame."
        )


def extent(vertices: np.ndarray) -> float:
    """The box's diagonal; infinite beyond double precision."""
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(np.ptp(vertices, axis=0)))


def cells(vertices: np.ndarray, size: float) -> np.ndarray:
    """The same whole numbers for vertices that are in one place of a mesh of this size, int64 [V, 3]."""
    return np.round((vertices - vertices.min(0)) / (size * SAME_PLACE)).astype(np.int64)


def with_three_corners(triangles: np.ndarray) -> np.ndarray:
    """Which triangles [T, 3] have three different corners, bool [T]."""
    a, b, c = triangles.T
    return (a != b) & (b != c) & (c != a)


def _oddity(triangles: np.ndarray) -> str:
    counts = triangles_per_edge(triangles)
    several, open_ = int((counts > 2).sum()), int((counts == 1).sum())
    if several:
        return f"{several} edges have more than two triangles"
    return f"{open_} edges are open" if open_ else ""
