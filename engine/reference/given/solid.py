"""What is inside a mesh, on a grid: of closed, open and many-shelled surfaces, and of sheets without an inside."""

from __future__ import annotations

import numpy as np
from gpytoolbox import fast_winding_number
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.mesh.files.frame import cells, extent
from engine.mesh.surface import Mesh
from engine.mesh.track.sample import sample

# More than half of what is seen from there is the surface's inner side (Jacobson and others 2013).
INSIDE = 0.5
# Points on the surface for each cell of a side of the grid: as many as make every cell that it goes through hold some.
SAMPLES_PER_CELL = 20
# Half the thickness that a sheet is given, and how far from the surface distances are known, in cells.
SHEET, BAND = 0.75, 3


def signed_depth(vertices: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """How deep inside the mesh each place of a grid over [-1, 1]^3 is, in cells, float32 [count, count, count] indexed
    [x, y, z]; negative outside, and no further than BAND cells are told apart.

    vertices [V, 3] in [-1, 1]^3. What is thinner than a cell is as thick as one.
    """
    axis, cell = np.linspace(-1, 1, count), 2 / (count - 1)
    low = np.clip(np.floor((vertices.min(0) + 1) / cell).astype(int) - BAND, 0, count - 1)
    high = np.clip(np.ceil((vertices.max(0) + 1) / cell).astype(int) + BAND + 1, 1, count)
    near = np.stack(np.meshgrid(*(axis[a:b] for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
    points = near.reshape(-1, 3)
    welded, outward = _outward(vertices, triangles)
    inside = fast_winding_number(points, welded, outward) > INSIDE
    surface = sample(Mesh(np.float32(vertices), triangles), None, SAMPLES_PER_CELL * count**2, 0).points
    depth = np.where(inside, 1, -1) * _distance(surface, points, cell)
    shape = near.shape[:3]
    # A surface without an inside near it is a sheet.
    thick = ndimage.binary_dilation(inside.reshape(shape), np.ones((3, 3, 3)))
    at = tuple(np.clip(((surface + 1) / cell).round().astype(int) - low, 0, np.array(shape) - 1).T)
    if not thick[at].all():
        depth = np.maximum(depth, SHEET - _distance(surface[~thick[at]], points, cell))
    whole = np.full((count,) * 3, -float(BAND), np.float32)
    whole[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = depth.reshape(shape).clip(-BAND, BAND)
    return whole


def _distance(surface: np.ndarray, points: np.ndarray, cell: float) -> np.ndarray:
    """Of points [N, 3] from the nearest of a surface's, in cells, 2 BAND at most."""
    return np.minimum(cKDTree(surface).query(points, distance_upper_bound=BAND * cell, workers=-1)[0] / cell, 2 * BAND)


def _outward(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mesh with vertices in one place made one, without triangles that have no area, every shell seen from outside."""
    _, first, same = np.unique(cells(vertices, extent(vertices)), axis=0, return_index=True, return_inverse=True)
    vertices, triangles = np.float64(vertices[first]), same.reshape(-1)[triangles]
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    normal = np.cross(b - a, c - a)
    kept = (normal != 0).any(1)
    triangles, normal, middle = triangles[kept], normal[kept], (a + b + c)[kept] / 3
    count = len(vertices)
    ends = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    shell = connected_components(coo_matrix((np.ones(len(ends)), ends.T), (count, count)), directed=False)[1][triangles[:, 0]]
    shells = shell.max() + 1
    area = np.linalg.norm(normal, axis=1)
    weight = np.maximum(np.bincount(shell, area, shells), 1e-300)
    centre = np.stack([np.bincount(shell, area * middle[:, axis], shells) / weight for axis in range(3)], 1)
    volume = np.bincount(shell, ((middle - centre[shell]) * normal).sum(1), shells)
    inverted = (volume < 0)[shell]
    triangles[inverted] = triangles[inverted][:, ::-1]
    return vertices, np.int32(triangles)
