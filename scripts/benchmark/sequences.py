"""Moving solids whose motion is known, meshed anew in every frame, so that no two frames share a vertex."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from engine.mesh.surface import Mesh

Solid = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Motion:
    """A solid that moves.

    solid(points [N, 3], frame): a function [N] that is negative inside and about a distance at the surface.
    carry(points [N, 3], start, end): where points of the surface in frame `start` are in frame `end`.
    reach: radius of a ball about the origin that holds all frames. colour(points, frame): RGB in [0, 1], [N, 3].
    """

    frames: int
    reach: float
    solid: Callable[[np.ndarray, int], np.ndarray]
    carry: Callable[[np.ndarray, int, int], np.ndarray]
    colour: Callable[[np.ndarray, int], np.ndarray] | None = None

    def meshes(self, vertices: int) -> list[Mesh]:
        """Its surface in every frame with about so many vertices, float64, each on a grid turned and shifted on its own."""
        rough = self.reach / 12
        cell = rough * np.sqrt(len(meshed(lambda p: self.solid(p, 0), 0, self.reach, rough).vertices) / vertices)
        return [meshed(lambda p, f=frame: self.solid(p, f), frame, self.reach, cell) for frame in range(self.frames)]

    def colours(self, meshes: list[Mesh]) -> list[np.ndarray | None]:
        """Colours of the vertices of every frame's mesh."""
        if self.colour is None:
            return [None] * len(meshes)
        return [self.colour(mesh.vertices, frame) for frame, mesh in enumerate(meshes)]

    def path_error(self, positions: np.ndarray, reference: int) -> float:
        """How far vertices, positions [frames, vertices, 3], are from where the motion takes those of the reference frame: the
        mean, per cent of the box diagonal of all frames."""
        start = positions[reference].astype(np.float64)
        truth = np.stack([self.carry(start, reference, frame) for frame in range(self.frames)])
        size = np.linalg.norm(np.ptp(truth.reshape(-1, 3), axis=0))
        return 100 * float(np.linalg.norm(positions - truth, axis=-1).mean() / size)


def meshed(solid: Solid, seed: int, reach: float = 1.2, cell: float | None = None) -> Mesh:
    """The zero level of a function that is negative inside, on a grid of `cell` metres turned and shifted by `seed`."""
    cell = cell or reach / 13
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    axis = np.arange(-reach - 2 * cell, reach + 2 * cell, cell)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1) + cell * generator.random(3)
    values = solid(grid.reshape(-1, 3) @ turn.T).reshape(grid.shape[:3])
    vertices, triangles, _, _ = marching_cubes(values, 0.0)
    return Mesh((vertices * cell + grid[0, 0, 0]) @ turn.T, triangles.astype(np.int32))


def warped(
    frames: int,
    reach: float,
    rest: Solid,
    out: Callable[[np.ndarray, int], np.ndarray],
    back: Callable[[np.ndarray, int], np.ndarray],
    colour: Solid | None = None,
) -> Motion:
    """A solid at rest that `out` takes to a frame, and `back` from there to rest. colour: of places at rest."""
    return Motion(
        frames,
        reach,
        lambda points, frame: rest(back(points, frame)),
        lambda points, start, end: out(back(points, start), end),
        None if colour is None else lambda points, frame: colour(back(points, frame)),
    )


@dataclass(frozen=True)
class Bone:
    """A capsule from `start` along the third column of `turn` [3, 3], downwards."""

    start: np.ndarray
    turn: np.ndarray
    length: float
    radius: float

    @property
    def end(self) -> np.ndarray:
        return self.start - self.length * self.turn[:, 2]


def jointed(frames: int, reach: float, bones: Callable[[int], list[Bone]]) -> Motion:
    """Capsules united; each point of the surface goes with the capsule whose surface it is on."""

    def distances(points: np.ndarray, frame: int) -> np.ndarray:
        return np.stack([capsule(points, bone.start, bone.end, bone.radius) for bone in bones(frame)])

    def carry(points: np.ndarray, start: int, end: int) -> np.ndarray:
        moved = [
            (points - before.start) @ before.turn @ after.turn.T + after.start
            for before, after in zip(bones(start), bones(end), strict=True)
        ]
        return np.stack(moved)[distances(points, start).argmin(0), np.arange(len(points))]

    return Motion(frames, reach, lambda points, frame: distances(points, frame).min(0), carry)


def sliding_torus(frames: int = 4) -> Motion:
    """By 0.3 of its size a frame, along X."""

    def shift(frame: int) -> np.ndarray:
        return np.array([0.3 * 1.1 * (frame - (frames - 1) / 2), 0, 0])

    return warped(
        frames, 0.6 + 0.165 * frames, lambda p: torus(p, 0.4, 0.15), lambda p, f: p + shift(f), lambda p, f: p - shift(f)
    )


def turning_cube(frames: int = 4, step: float = np.radians(22.5)) -> Motion:
    """About Z, each face of another colour."""
    half = np.full(3, 0.5)

    def colour(points: np.ndarray) -> np.ndarray:
        axis = np.abs(points).argmax(1)
        side = np.sign(points[np.arange(len(points)), axis])
        return 0.5 + 0.5 * side[:, None] * np.eye(3)[axis]

    return warped(
        frames, 1.0, lambda p: box(p, half), lambda p, f: turned(p, f * step), lambda p, f: turned(p, -f * step), colour
    )


def growing_ball(frames: int = 4) -> Motion:
    """To twice its size."""

    def size(frame: int) -> float:
        return 2 ** (frame / (frames - 1))

    return warped(
        frames,
        1.0,
        lambda p: np.linalg.norm(p, axis=1) - 0.5,
        lambda p, f: p * size(f),
        lambda p, f: p / size(f),
    )


def bending_capsule(frames: int = 4) -> Motion:
    """Upright, bent in the plane of X and Z to an arc of 90 degrees."""

    def curvature(frame: int) -> float:
        return 1e-6 + np.pi / 2 * frame / (frames - 1)

    def out(points: np.ndarray, frame: int) -> np.ndarray:
        (x, y, z), bent = points.T, curvature(frame)
        return np.stack([1 / bent - (1 / bent - x) * np.cos(bent * z), y, (1 / bent - x) * np.sin(bent * z)], 1)

    def back(points: np.ndarray, frame: int) -> np.ndarray:
        (x, y, z), bent = points.T, curvature(frame)
        return np.stack([1 / bent - np.hypot(1 / bent - x, z), y, np.arctan2(z, 1 / bent - x) / bent], 1)

    ends = np.array([[0, 0, -0.5], [0, 0, 0.5]])
    return warped(frames, 0.8, lambda p: capsule(p, *ends, 0.18), out, back)


def waving_flag(frames: int = 4) -> Motion:
    """A thin sheet along X and Z, held at one end; its wave rises and falls in eight frames. It bends and does not stretch."""
    length, half = np.linspace(-0.9, 0.9, 1800), np.array([0.7, 0.05, 0.45])

    def middle(frame: int) -> tuple[np.ndarray, np.ndarray]:
        """The sheet's middle line by its length: points and unit normals [1800, 2] in the plane of X and Y."""
        angle = 0.8 * (length + 0.7) * np.sin(5 * length) * np.cos(np.pi / 4 * frame)
        along = np.stack([np.cos(angle), np.sin(angle)], 1)
        points = np.cumsum(along, 0) * (length[1] - length[0])
        held = np.abs(length + 0.7).argmin()
        return points - points[held] - [0.7, 0], along[:, ::-1] * [-1, 1]

    def out(points: np.ndarray, frame: int) -> np.ndarray:
        line, normals = middle(frame)
        place, normal = (np.stack([np.interp(points[:, 0], length, c) for c in of.T], 1) for of in (line, normals))
        return np.column_stack([place + points[:, 1:2] * normal, points[:, 2]])

    def back(points: np.ndarray, frame: int) -> np.ndarray:
        line, normals = middle(frame)
        nearest = cKDTree(line).query(points[:, :2])[1]
        away = ((points[:, :2] - line[nearest]) * normals[nearest]).sum(1)
        return np.stack([length[nearest], away, points[:, 2]], 1)

    return warped(frames, 0.95, lambda p: box(p, half), out, back)


def folding_arm(frames: int = 4) -> Motion:
    """Two bones in line, the second of which turns up by 75 degrees."""

    def bones(frame: int) -> list[Bone]:
        elbow = np.zeros(3)
        bend = np.radians(75) * frame / (frames - 1)
        return [Bone(elbow, _swing(-np.pi / 2), 0.7, 0.15), Bone(elbow, _swing(np.pi / 2 + bend), 0.7, 0.13)]

    return jointed(frames, 0.9, bones)


def walking_figure(frames: int = 8) -> Motion:
    """A body with a head, and arms and legs of two bones each that swing past each other, walking along Y."""

    def bones(frame: int) -> list[Bone]:
        phase = 2 * np.pi * frame / frames
        body = np.array([0, 0.06 * (frame - (frames - 1) / 2), 0.02 * np.cos(2 * phase)])
        shoulder = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0.0]])
        parts = [
            Bone(body + [0, 0, 0.42], np.eye(3), 0.42, 0.16),
            Bone(body + [0, 0, 0.76], np.eye(3), 0.1, 0.14),
            Bone(body + [-0.26, 0, 0.44], -shoulder, 0.52, 0.07),
        ]
        for side in (-1, 1):
            swing = side * np.sin(phase)
            thigh = Bone(body + [0.15 * side, 0, 0], _swing(0.6 * swing), 0.4, 0.085)
            bent = 0.3 - 0.3 * side * np.cos(phase)
            splay = _splay(side * np.radians(20))
            upper = Bone(body + [0.26 * side, 0, 0.44], splay @ _swing(-0.5 * swing), 0.3, 0.065)
            parts += [thigh, Bone(thigh.end, _swing(0.6 * swing - bent), 0.42, 0.075)]
            parts += [upper, Bone(upper.end, splay @ _swing(0.3 - 0.7 * swing), 0.28, 0.06)]
        return parts

    return jointed(frames, 1.0 + 0.03 * frames, bones)


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


def _swing(angle: float) -> np.ndarray:
    """About X: what hangs down swings towards +Y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _splay(angle: float) -> np.ndarray:
    """About Y: what hangs down goes towards +X."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
