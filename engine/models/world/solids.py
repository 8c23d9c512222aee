"""Signed distance functions of simple solids, from which bodies are made.

A solid is a function from points [3, P] (one row an axis: whole rows make for fast arithmetic) to distances [P] in metres,
negative inside. Curved solids give a first-order bound, good enough to march along rays with short steps.
Formulas after Quilez, "Distance functions", where they are not plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Solid = Callable[[Tensor], Tensor]
Vector = tuple[float, float, float]
AXES = {"x": (1, 2, 0), "y": (2, 0, 1), "z": (0, 1, 2)}


def ball(centre: Vector, radius: float) -> Solid:
    def distance(p: Tensor) -> Tensor:
        return length(*shifted(p, centre)) - radius

    return distance


def ellipsoid(centre: Vector, radii: Vector, turn: Vector | Tensor = (0.0, 0.0, 0.0)) -> Solid:
    """Half axes `radii` along X, Y and Z, then turned about its centre by `turn`: degrees about X, Y and Z in this order, or a
    rotation [3, 3]."""
    matrix = turn.T if isinstance(turn, Tensor) else rotation(turn).T if any(turn) else None

    def distance(p: Tensor) -> Tensor:
        x, y, z = shifted(p, centre) if matrix is None else matrix.to(p) @ torch.stack(shifted(p, centre))
        x, y, z = x / radii[0], y / radii[1], z / radii[2]
        size = length(x, y, z)
        slope = length(x / radii[0], y / radii[1], z / radii[2]).clamp(min=1e-6)
        return size * (size - 1) / slope

    return distance


def capsule(start: Vector, end: Vector, radius: float, end_radius: float | None = None) -> Solid:
    """A round stick from `start` to `end` whose radius changes evenly from `radius` to `end_radius`."""
    last = radius if end_radius is None else end_radius
    along = tuple(b - a for a, b in zip(start, end, strict=True))
    square = sum(value * value for value in along)

    def distance(p: Tensor) -> Tensor:
        x, y, z = shifted(p, start)
        share = ((x * along[0] + y * along[1] + z * along[2]) / square).clamp(0, 1)
        return length(x - share * along[0], y - share * along[1], z - share * along[2]) - (radius + share * (last - radius))

    return distance


def box(centre: Vector, half: Vector, rounding: float = 0.0, turn: Vector = (0.0, 0.0, 0.0)) -> Solid:
    """A box of half sizes `half` (rounding included), turned as an `ellipsoid` is."""
    matrix = rotation(turn).T if any(turn) else None

    def distance(p: Tensor) -> Tensor:
        rows = shifted(p, centre) if matrix is None else matrix.to(p) @ torch.stack(shifted(p, centre))
        x, y, z = (row.abs() - (size - rounding) for row, size in zip(rows, half, strict=True))
        inner = torch.maximum(torch.maximum(x, y), z).clamp(max=0)
        return length(x.clamp(min=0), y.clamp(min=0), z.clamp(min=0)) + inner - rounding

    return distance


def cylinder(centre: Vector, radius: float, half: float, axis: str = "z", rounding: float = 0.0) -> Solid:
    """A disc or drum of half height `half` along `axis`."""
    first, second, third = AXES[axis]

    def distance(p: Tensor) -> Tensor:
        rows = shifted(p, centre)
        side = torch.hypot(rows[first], rows[second]) - (radius - rounding)
        cap = rows[third].abs() - (half - rounding)
        return torch.hypot(side.clamp(min=0), cap.clamp(min=0)) + torch.maximum(side, cap).clamp(max=0) - rounding

    return distance


def cone(centre: Vector, bottom: float, top: float, half: float) -> Solid:
    """A cone along Z with radius `bottom` at -half and `top` at +half."""
    slope = (bottom - top) / (2 * half)

    def distance(p: Tensor) -> Tensor:
        x, y, z = shifted(p, centre)
        side = torch.hypot(x, y) - (bottom + top) / 2 + slope * z
        return torch.maximum(side / math.sqrt(1 + slope**2), z.abs() - half)

    return distance


def torus(centre: Vector, ring: float, radius: float, axis: str = "z") -> Solid:
    first, second, third = AXES[axis]

    def distance(p: Tensor) -> Tensor:
        rows = shifted(p, centre)
        return torch.hypot(torch.hypot(rows[first], rows[second]) - ring, rows[third]) - radius

    return distance


def above(solid: Solid, height: float) -> Solid:
    """What of `solid` lies over the plane z = height."""
    return lambda p: torch.maximum(solid(p), height - p[2])


def mirrored(solid: Solid) -> Solid:
    """`solid` on the other side of the plane x = 0."""
    return lambda p: solid(torch.stack([-p[0], p[1], p[2]]))


def smooth_union(one: Tensor, other: Tensor, blend: float) -> Tensor:
    """The union of two distances, rounded where they are within `blend` metres of each other (polynomial, as Quilez)."""
    if not blend:
        return torch.minimum(one, other)
    near = (blend - (one - other).abs()).clamp(min=0)
    return torch.minimum(one, other) - near.square() / (4 * blend)


def shifted(p: Tensor, centre: Vector) -> tuple[Tensor, Tensor, Tensor]:
    return p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]


def length(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return torch.addcmul(torch.addcmul(x * x, y, y), z, z).sqrt()


def rotation(turn: Vector) -> Tensor:
    """About X, then Y, then Z, degrees; [3, 3]."""
    (cx, sx), (cy, sy), (cz, sz) = ((math.cos(math.radians(a)), math.sin(math.radians(a))) for a in turn)
    about_x = torch.tensor([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = torch.tensor([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = torch.tensor([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x
