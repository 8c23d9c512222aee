"""Whole-body motions: where a body's axes stand in the scene, how they are turned and scaled, at t in [0, 1].

A body is made to fill a sphere of radius 0.62 about its own origin; in the scene it is `SCALES[""]` as large, so that it can
move about inside [-1, 1]^3. All motions loop. Phases are canonical (a bounce starts at the bottom, a turn at azimuth 0).
A placement is centre [T, 3] in metres, rotation [T, 3, 3] (body to world), scale [T, 3] along the body's axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

TAU = 2 * math.pi
# What a size makes of the whole body in the scene; other sizes change its proportions (`scene.PROPORTIONS`).
SCALES = {"": 0.72, "small": 0.45, "large": 0.85}
# How far from its origin a body reaches in motion, in its own axes; and how far the origin goes at most, metres.
REACH = 0.78
FURTHEST = 0.42

Placement = tuple[Tensor, Tensor, Tensor]


def still(t: Tensor, scale: float) -> Placement:
    return _place(t)


def bouncing(t: Tensor, scale: float) -> Placement:
    """Two bounces a cycle, from the ground up."""
    room = _room(scale)
    return _place(t, z=room * (2 * (TAU * t).sin().abs() - 1))


def spinning(t: Tensor, scale: float) -> Placement:
    """One full turn about Z, counter-clockwise seen from above."""
    return _place(t, yaw=TAU * t)


def sliding(t: Tensor, scale: float) -> Placement:
    """To +X, to -X and back."""
    return _place(t, x=_room(scale) * (TAU * t).sin())


def growing(t: Tensor, scale: float) -> Placement:
    """From half its size to 1.3 times and back."""
    size = 0.9 - 0.4 * (TAU * t).cos()
    return _place(t, scale=torch.stack([size] * 3, -1))


def orbiting(t: Tensor, scale: float) -> Placement:
    """A circle about Z, counter-clockwise seen from above, facing ahead; from the front towards +X."""
    room = _room(scale)
    # At the front (-Y) it goes towards +X: turned by 90 degrees from facing -Y.
    return _place(t, x=room * (TAU * t).sin(), y=-room * (TAU * t).cos(), yaw=TAU * t + math.pi / 2)


def swinging(t: Tensor, scale: float) -> Placement:
    """A pendulum hung above the centre, 35 degrees to either side."""
    angle = math.radians(35) * (TAU * t).sin()
    long = _room(scale) / math.sin(math.radians(35))
    return _place(t, x=long * angle.sin(), z=0.85 * long - long * angle.cos(), roll=-angle)


def jumping(t: Tensor, scale: float) -> Placement:
    """Crouches, leaps once, lands with a squash; the volume stays."""
    flight = ((t - 0.22) / 0.56).clamp(0, 1)
    grounded = (0.5 - (t - 0.5).abs()).clamp(0, 0.22) / 0.22
    crouch = 0.3 * (math.pi * grounded).sin() * (grounded < 1)
    stretch = 0.15 * (math.pi * flight).sin()
    tall = 1 - crouch + stretch
    wide = tall.rsqrt()
    room = _room(1.15 * scale)
    low = -room - 0.6 * scale * crouch
    return _place(t, z=low + 8 * room * flight * (1 - flight), scale=torch.stack([wide, wide, tall], -1))


PLACEMENTS: dict[str, Callable[[Tensor, float], Placement]] = {
    motion.__name__: motion
    for motion in (still, bouncing, spinning, sliding, growing, orbiting, swinging, jumping)
}


def placement(motion: str, t: Tensor, size: str = "", cycles: int = 1) -> Placement:
    """Where a whole-body motion puts a body at times [T] in [0, 1], `cycles` times over the clip."""
    base = SCALES.get(size, SCALES[""])
    centre, rotation, scale = PLACEMENTS[motion](_wrapped(t * cycles), base)
    return centre, rotation, scale * base


def _wrapped(t: Tensor) -> Tensor:
    """t modulo 1, but 1 itself for the end of a clip."""
    return torch.where((t > 0) & (t == t.floor()), torch.ones_like(t), t % 1)


def _room(scale: float) -> float:
    """How far from the centre a body of this scale may go, metres."""
    return min(FURTHEST, 0.98 - REACH * scale)


def _place(t: Tensor, x=0.0, y=0.0, z=0.0, yaw=0.0, roll=0.0, scale: Tensor | None = None) -> Placement:
    """Assembles a placement; yaw turns about Z, roll about Y (positive leans towards +X), radians."""
    zero = torch.zeros_like(t)
    centre = torch.stack([zero + x, zero + y, zero + z], -1)
    yaw, roll = zero + yaw, zero + roll
    one = torch.ones_like(t)
    about_z = torch.stack([yaw.cos(), -yaw.sin(), zero, yaw.sin(), yaw.cos(), zero, zero, zero, one], -1)
    about_y = torch.stack([roll.cos(), zero, roll.sin(), zero, one, zero, -roll.sin(), zero, roll.cos()], -1)
    rotation = about_z.view(-1, 3, 3) @ about_y.view(-1, 3, 3)
    return centre, rotation, torch.ones(len(t), 3).to(t) if scale is None else scale
