"""Solid objects as signed distance functions, each with a clear front.

Local frame: front towards -Y, up +Z, centred on the origin, about 0.85 across. `parts(points [P, 3])` returns the distance of
every part, [parts, P], and the tone of every part at those points, [parts, P] (an index into TONES).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# Tone 0 is the prompt's colour, tone 1 the same darkened; the rest are fixed sRGB colours.
PRIMARY, DARK, BLACK, ORANGE, CREAM, GLASS, RUBBER = range(7)
DARK_FACTOR = 0.5
FIXED_TONES = {
    BLACK: (0.08, 0.08, 0.09),
    ORANGE: (0.95, 0.50, 0.10),
    CREAM: (0.90, 0.85, 0.74),
    GLASS: (0.20, 0.24, 0.30),
    RUBBER: (0.13, 0.13, 0.14),
}
BOUNDING_RADIUS = 0.62

Parts = tuple[Tensor, Tensor]


def ball(p: Tensor) -> Parts:
    return _stack((sphere(p, 0.42), front_wedge(p)))


def cube(p: Tensor) -> Parts:
    half = 0.36
    front = (p[:, 1] < -0.98 * half).long() * DARK
    return _stack((box(p, (half, half, half)), front))


def cone(p: Tensor) -> Parts:
    return _stack((capped_cone(p, 0.43, 0.0, 0.43), front_wedge(p)))


def cylinder(p: Tensor) -> Parts:
    return _stack((capped_cylinder(p, 0.36, 0.42), front_wedge(p)))


def torus(p: Tensor) -> Parts:
    ring = torch.hypot(p[:, 0], p[:, 1]) - 0.34
    return _stack((torch.hypot(ring, p[:, 2]) - 0.15, front_wedge(p)))


def duck(p: Tensor) -> Parts:
    return _stack(
        (ellipsoid(p - p.new_tensor([0, 0.06, -0.16]), (0.27, 0.38, 0.24)), PRIMARY),
        (sphere(p - p.new_tensor([0, -0.20, 0.20]), 0.21), PRIMARY),
        (ellipsoid(p - p.new_tensor([0, 0.40, -0.02]), (0.12, 0.14, 0.12)), DARK),
        (ellipsoid(p - p.new_tensor([0.25, 0.08, -0.12]), (0.06, 0.22, 0.14)), DARK),
        (ellipsoid(p - p.new_tensor([-0.25, 0.08, -0.12]), (0.06, 0.22, 0.14)), DARK),
        (ellipsoid(p - p.new_tensor([0, -0.43, 0.15]), (0.12, 0.13, 0.05)), ORANGE),
        (sphere(p - p.new_tensor([0.10, -0.36, 0.28]), 0.055), BLACK),
        (sphere(p - p.new_tensor([-0.10, -0.36, 0.28]), 0.055), BLACK),
    )


def fish(p: Tensor) -> Parts:
    """Swims towards -Y: a flat body, a tall tail fin behind."""
    tail = p - p.new_tensor([0, 0.36, 0])
    flare = 0.06 + 0.75 * (tail[:, 1] + 0.14).clamp(min=0)
    fin = torch.stack([tail[:, 0].abs() - 0.05, tail[:, 1].abs() - 0.14, (tail[:, 2].abs() - flare) * 0.75]).amax(0)
    return _stack(
        (ellipsoid(p - p.new_tensor([0, -0.10, 0]), (0.19, 0.38, 0.27)), PRIMARY),
        (fin, DARK),
        (ellipsoid(p - p.new_tensor([0, -0.05, 0.27]), (0.05, 0.18, 0.13)), DARK),
        (sphere(p - p.new_tensor([0.13, -0.34, 0.08]), 0.065), BLACK),
        (sphere(p - p.new_tensor([-0.13, -0.34, 0.08]), 0.065), BLACK),
    )


def car(p: Tensor) -> Parts:
    cabin = p - p.new_tensor([0, 0.08, 0.13])
    window = torch.where((cabin[:, 2] < 0.07) & (cabin[:, 2] > -0.1), GLASS, PRIMARY)
    hood = torch.where(p[:, 1] < -0.44, DARK, PRIMARY)
    wheels = [
        (wheel(p - p.new_tensor([x, y, -0.22]), 0.13, 0.07), RUBBER) for x in (-0.23, 0.23) for y in (-0.27, 0.27)
    ]
    return _stack(
        (box(p - p.new_tensor([0, 0, -0.09]), (0.24, 0.46, 0.13)), hood),
        (box(cabin, (0.21, 0.23, 0.13)), window),
        *wheels,
    )


def snowman(p: Tensor) -> Parts:
    nose = p - p.new_tensor([0, -0.31, 0.24])
    return _stack(
        (sphere(p - p.new_tensor([0, 0, -0.22]), 0.29), PRIMARY),
        (sphere(p - p.new_tensor([0, 0, 0.18]), 0.20), PRIMARY),
        (capped_cylinder(p - p.new_tensor([0, 0, 0.43]), 0.14, 0.10), RUBBER),
        (capped_cylinder(p - p.new_tensor([0, 0, 0.35]), 0.22, 0.025), RUBBER),
        (ellipsoid(nose, (0.05, 0.17, 0.05)), ORANGE),
        (sphere(p - p.new_tensor([0.08, -0.17, 0.25]), 0.04), BLACK),
        (sphere(p - p.new_tensor([-0.08, -0.17, 0.25]), 0.04), BLACK),
    )


def mushroom(p: Tensor) -> Parts:
    q = p - p.new_tensor([0, 0, 0.02])
    dome = torch.maximum(ellipsoid(q, (0.43, 0.43, 0.40)), -q[:, 2])
    return _stack(
        (dome, front_wedge(p)),
        (capped_cylinder(p - p.new_tensor([0, 0, -0.20]), 0.17, 0.22), CREAM),
        (sphere(p - p.new_tensor([0.07, -0.16, -0.13]), 0.045), BLACK),
        (sphere(p - p.new_tensor([-0.07, -0.16, -0.13]), 0.045), BLACK),
    )


SHAPES: dict[str, Callable[[Tensor], Parts]] = {
    shape.__name__: shape for shape in (ball, cube, cone, cylinder, torus, duck, fish, car, snowman, mushroom)
}


def distance(name: str, points: Tensor) -> Tensor:
    """Signed distance of the whole object (a lower bound outside), [P]; negative inside."""
    return SHAPES[name](points)[0].amin(0)


def tone(name: str, points: Tensor) -> Tensor:
    """Tone index of the nearest part at points on the surface, long [P]."""
    distances, tones = SHAPES[name](points)
    return tones.gather(0, distances.argmin(0, keepdim=True))[0]


def front_wedge(p: Tensor) -> Tensor:
    """Dark within 40 degrees of the front, so that a turn of a round thing can be seen."""
    return ((-p[:, 1] > 1.19 * p[:, 0].abs()).long()) * DARK


def sphere(p: Tensor, radius: float) -> Tensor:
    return p.norm(dim=-1) - radius


def ellipsoid(p: Tensor, radii: tuple[float, float, float]) -> Tensor:
    """First-order distance bound of an axis-aligned ellipsoid."""
    r = p.new_tensor(radii)
    k0 = (p / r).norm(dim=-1)
    k1 = (p / r**2).norm(dim=-1).clamp(min=1e-6)
    return k0 * (k0 - 1) / k1


def box(p: Tensor, half: tuple[float, float, float]) -> Tensor:
    q = p.abs() - p.new_tensor(half)
    return q.clamp(min=0).norm(dim=-1) + q.amax(-1).clamp(max=0)


def capped_cylinder(p: Tensor, radius: float, half_height: float) -> Tensor:
    """A cylinder along Z."""
    q = torch.stack([torch.hypot(p[:, 0], p[:, 1]) - radius, p[:, 2].abs() - half_height], -1)
    return q.clamp(min=0).norm(dim=-1) + q.amax(-1).clamp(max=0)


def wheel(p: Tensor, radius: float, half_width: float) -> Tensor:
    """A cylinder along X."""
    return capped_cylinder(p[:, [1, 2, 0]], radius, half_width)


def capped_cone(p: Tensor, bottom: float, top: float, half_height: float) -> Tensor:
    """A cone along Z with radius `bottom` at -half_height and `top` at +half_height (a lower bound outside)."""
    slope = (bottom - top) / (2 * half_height)
    side = torch.hypot(p[:, 0], p[:, 1]) - (bottom + top) / 2 + slope * p[:, 2]
    return torch.maximum(side / (1 + slope**2) ** 0.5, p[:, 2].abs() - half_height)


def _stack(*parts: tuple[Tensor, Tensor | int]) -> Parts:
    distances = torch.stack([part for part, _ in parts])
    tones = [t if isinstance(t, Tensor) else torch.full_like(distances[0], t, dtype=torch.long) for _, t in parts]
    return distances, torch.stack(tones)
