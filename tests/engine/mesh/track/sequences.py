"""Moving things with a known motion, meshed anew in every frame, so that no two frames share a vertex."""

from collections.abc import Callable

import numpy as np
from skimage.measure import marching_cubes

from engine.mesh.surface import Mesh

CELLS = 26


def meshed(solid: Callable[[np.ndarray], np.ndarray], seed: int, reach: float = 1.2) -> Mesh:
    """The zero level of a signed distance [N, 3] -> [N] (negative inside), sampled on a grid turned and shifted by `seed`."""
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    cell = 2 * reach / CELLS
    axis = (np.arange(-4, CELLS + 5) - CELLS / 2) * cell
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1) + cell * generator.random(3)
    values = solid(grid.reshape(-1, 3) @ turn.T).reshape(grid.shape[:3])
    vertices, triangles, _, _ = marching_cubes(values, 0.0, gradient_direction="ascent")
    # Lewiner's triangles for a signed distance wind the other way round.
    places = (vertices * cell + grid[0, 0, 0]) @ turn.T
    return Mesh(places, triangles[:, ::-1].astype(np.int32))


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    """points [N, 3] about Z, counter-clockwise, radians."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T


def box(points: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Signed distance to a box about the origin."""
    out = np.abs(points) - half
    return np.linalg.norm(np.maximum(out, 0), axis=1) + np.minimum(out.max(1), 0)


def capsule(points: np.ndarray, start: np.ndarray, end: np.ndarray, radius: float) -> np.ndarray:
    """Signed distance to a capsule."""
    along = end - start
    share = np.clip((points - start) @ along / (along @ along), 0, 1)[:, None]
    return np.linalg.norm(points - start - share * along, axis=1) - radius


def torus(points: np.ndarray, large: float, small: float) -> np.ndarray:
    """Signed distance to a torus about Z."""
    around = np.hypot(points[:, 0], points[:, 1]) - large
    return np.hypot(around, points[:, 2]) - small
