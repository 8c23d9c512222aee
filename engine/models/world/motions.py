"""Motions as functions of time: where an object stands, how it is turned and scaled at t in [0, 1].

All loop. Phases are canonical (a bounce starts at the bottom, a turn at azimuth 0), so that a clip is one exact thing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

TAU = 2 * math.pi
GROUND = -0.45

# centre [T, 3], rotation [T, 3, 3] (local to world), scale [T, 3] (along the local axes)
Placement = tuple[Tensor, Tensor, Tensor]


def still(t: Tensor) -> Placement:
    return _place(t)


def bouncing(t: Tensor) -> Placement:
    """Two bounces a clip, 0.9 high."""
    return _place(t, z=GROUND + 0.9 * (TAU * t).sin().abs())


def spinning(t: Tensor) -> Placement:
    """One full turn about Z, counter-clockwise seen from above."""
    return _place(t, yaw=TAU * t)


def sliding(t: Tensor) -> Placement:
    """To +X, to -X and back."""
    return _place(t, x=0.42 * (TAU * t).sin())


def growing(t: Tensor) -> Placement:
    """From half its size to 1.3 times and back."""
    size = 0.9 - 0.4 * (TAU * t).cos()
    return _place(t, scale=torch.stack([size] * 3, -1))


def orbiting(t: Tensor) -> Placement:
    """A circle about Z, from the front towards +X, without turning."""
    return _place(t, x=0.42 * (TAU * t).sin(), y=-0.42 * (TAU * t).cos())


def swinging(t: Tensor) -> Placement:
    """A pendulum hung 0.7 above the centre, 40 degrees to either side."""
    angle = math.radians(40) * (TAU * t).sin()
    return _place(t, x=0.7 * angle.sin(), z=0.62 - 0.7 * angle.cos(), roll=-angle)


def jumping(t: Tensor) -> Placement:
    """Crouches, leaps once, lands with a squash; the volume stays."""
    flight = ((t - 0.22) / 0.56).clamp(0, 1)
    grounded = (0.5 - (t - 0.5).abs()).clamp(0, 0.22) / 0.22
    crouch = 0.3 * (math.pi * grounded).sin() * (grounded < 1)
    stretch = 0.15 * (math.pi * flight).sin()
    tall = 1 - crouch + stretch
    wide = tall.rsqrt()
    return _place(t, z=GROUND - 0.42 * crouch + 3.6 * flight * (1 - flight), scale=torch.stack([wide, wide, tall], -1))


MOTIONS: dict[str, Callable[[Tensor], Placement]] = {
    motion.__name__: motion
    for motion in (still, bouncing, spinning, sliding, growing, orbiting, swinging, jumping)
}


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
