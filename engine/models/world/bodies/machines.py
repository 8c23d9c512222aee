"""Things that people build: a car, a train, a windmill and a flag."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.models.world.bodies.features import bands
from engine.models.world.body import (
    BLACK,
    CREAM,
    GLASS,
    GOLD,
    METAL,
    PRIMARY,
    RUBBER,
    SECONDARY,
    WHITE,
    WOOD,
    Body,
    Part,
    limb,
    pair,
    skeleton,
    stick,
)
from engine.models.world.movements import CLOTH
from engine.models.world.solids import Vector, ball, box, cone, cylinder, ellipsoid


def wheel(bone: str, centre: Vector, radius: float, half: float) -> tuple[Part, ...]:
    """A wheel that turns about X, with a light bar across it so that the turning shows."""
    x, y, z = centre
    return (
        Part(bone, cylinder(centre, radius, half, "x", 0.015), RUBBER, 0),
        Part(bone, cylinder(centre, 0.6 * radius, half + 0.008, "x"), METAL, 0),
        Part(bone, box((x, y, z), (half + 0.016, 0.16 * radius, 0.62 * radius)), WHITE, 0),
    )


def wheel_bones(slot: str, centre: Vector, radius: float) -> dict:
    x, y, z = centre
    return limb(slot, centre, (x, y, z - 0.5 * radius), (x, y, z - radius), "hips")


CAR_WHEELS = {"fore": (0.25, -0.3, -0.25), "hind": (0.25, 0.3, -0.25)}


def car_cabin(p: Tensor) -> Tensor:
    """Windows all round under a roof."""
    return torch.where((p[2] < 0.22) & (p[2] > 0.04), GLASS, PRIMARY)


CAR = Body(
    skeleton({
        "hips": (None, (0, 0, -0.1)), "face": ("hips", (0, -0.52, -0.1)), "crown": ("hips", (0, 0.08, 0.3)),
        **{name: bone for slot, centre in CAR_WHEELS.items() for name, bone in wheel_bones(slot, centre, 0.15).items()},
    }),
    (
        Part("hips", box((0, 0, -0.1), (0.27, 0.52, 0.15), 0.06)),
        Part("hips", box((0, 0.09, 0.13), (0.23, 0.27, 0.16), 0.07), car_cabin, 0.02),
        Part("hips", box((0, -0.3, 0.03), (0.22, 0.2, 0.035), 0.03), SECONDARY, 0.01),
        Part("hips", box((0, -0.52, -0.19), (0.26, 0.03, 0.035), 0.02), METAL, 0),
        Part("hips", box((0, 0.52, -0.19), (0.26, 0.03, 0.035), 0.02), METAL, 0),
        *pair(
            Part("hips", ball((0.17, -0.5, -0.07), 0.05), GOLD, 0),
            Part("hips", ellipsoid((0.17, 0.515, -0.06), (0.05, 0.02, 0.03)), SECONDARY, 0),
            *(part for slot, centre in CAR_WHEELS.items() for part in wheel(f"{slot}_left_1", centre, 0.15, 0.055)),
        ),
    ),
    {"fore": "wheel", "hind": "wheel"},
)  # fmt: skip

TRAIN_WHEELS = {"fore": (0.2, -0.34, -0.32), "mid": (0.2, -0.02, -0.32), "hind": (0.2, 0.32, -0.32)}


def train_cabin(p: Tensor) -> Tensor:
    return torch.where((p[2] < 0.22) & (p[2] > 0.06) & ((p[1] - 0.36).abs() < 0.1), GLASS, PRIMARY)


TRAIN = Body(
    skeleton({
        "hips": (None, (0, 0, -0.1)), "face": ("hips", (0, -0.6, -0.02)), "crown": ("hips", (0, 0.34, 0.36)),
        **{name: bone for slot, centre in TRAIN_WHEELS.items() for name, bone in wheel_bones(slot, centre, 0.14).items()},
    }),
    (
        Part("hips", cylinder((0, -0.18, 0.0), 0.18, 0.36, "y", 0.03)),
        Part("hips", box((0, 0.36, 0.05), (0.23, 0.2, 0.26), 0.03), train_cabin, 0),
        Part("hips", box((0, 0.35, 0.33), (0.26, 0.24, 0.035), 0.03), SECONDARY, 0),
        Part("hips", box((0, 0, -0.2), (0.2, 0.54, 0.06), 0.02), SECONDARY, 0),
        Part("hips", cylinder((0, -0.555, 0.0), 0.15, 0.02, "y"), BLACK, 0),
        Part("hips", cylinder((0, -0.575, 0.0), 0.05, 0.025, "y"), GOLD, 0),
        Part("hips", cylinder((0, -0.37, 0.22), 0.06, 0.1), SECONDARY, 0),
        Part("hips", cone((0, -0.37, 0.35), 0.065, 0.11, 0.06), BLACK, 0),
        Part("hips", ball((0, -0.1, 0.18), 0.08), GOLD, 0),
        Part("hips", box((0, -0.56, -0.28), (0.18, 0.06, 0.06), 0.02, (35, 0, 0)), METAL, 0),
        *(Part("hips", cylinder((0, y, 0.0), 0.187, 0.014, "y"), GOLD, 0) for y in (-0.3, -0.02)),
        *pair(*(part for slot, centre in TRAIN_WHEELS.items() for part in wheel(f"{slot}_left_1", centre, 0.145, 0.05))),
    ),
    {"fore": "wheel", "mid": "wheel", "hind": "wheel"},
)  # fmt: skip

SAILS = {"fore_left": 45.0, "fore_right": 135.0, "hind_left": -45.0, "hind_right": 225.0}
HUB = (0.0, -0.27, 0.2)


def windmill() -> Body:
    """Sails stand as a cross in the plane y = -0.27; the head turns them."""
    bones = {
        "hips": (None, (0.0, 0.0, -0.6)), "chest": ("hips", (0.0, 0.0, -0.1)), "crown": ("chest", (0.0, 0.0, 0.46)),
        "head": ("chest", HUB),
    }  # fmt: skip
    parts = [
        Part("hips", cone((0, 0, -0.22), 0.26, 0.16, 0.4), CREAM),
        Part("hips", cone((0, 0, -0.58), 0.28, 0.275, 0.03), SECONDARY, 0),
        Part("chest", cone((0, 0, 0.29), 0.21, 0.0, 0.16), SECONDARY, 0.01),
        Part("hips", box((0, -0.24, -0.48), (0.07, 0.05, 0.12), 0.03), WOOD, 0),
        Part("hips", box((0, -0.19, -0.14), (0.045, 0.04, 0.055), 0.01), GLASS, 0),
        Part("head", cylinder((0, -0.2, 0.2), 0.04, 0.12, "y"), WOOD, 0),
        Part("head", ball(HUB, 0.055), SECONDARY, 0),
    ]
    for name, degrees in SAILS.items():
        above = "head"
        for joint, reach in enumerate((0.06, 0.28, 0.54), 1):
            bones[f"{name}_{joint}"] = (above, sail_point(degrees, reach))
            above = f"{name}_{joint}"
        cloth = box(sail_point(degrees, 0.33, 0.05), (0.21, 0.022, 0.07), 0.015, (0, -degrees, 0))
        parts += [
            stick(f"{name}_1", sail_point(degrees, 0.0), sail_point(degrees, 0.54), 0.024, tone=WOOD, blend=0),
            Part(f"{name}_1", cloth, bands(2, 0.09), 0),
        ]
    return Body(skeleton(bones), tuple(parts), {"fore": "sail", "hind": "sail"})


def sail_point(degrees: float, along: float, aside: float = 0.0) -> Vector:
    """A point in the sails' plane, metres from the hub along a sail's direction (0 degrees is +X) and to its left."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return (along * cos - aside * sin, HUB[1], HUB[2] + along * sin + aside * cos)


WINDMILL = windmill()

POLE, STRIP = -0.42, 0.148


def flag() -> Body:
    """A pole on the right, and a cloth towards +X in strips, each a bone."""
    bones = {
        "hips": (None, (POLE, 0.0, -0.56)), "chest": ("hips", (POLE, 0.0, 0.1)), "crown": ("chest", (POLE, 0.0, 0.58)),
    }  # fmt: skip
    parts = [
        stick("hips", (POLE, 0, -0.56), (POLE, 0, 0.53), 0.034, tone=WOOD, blend=0),
        Part("hips", ball((POLE, 0, 0.55), 0.055), GOLD, 0),
        Part("hips", cylinder((POLE, 0, -0.55), 0.12, 0.03, rounding=0.02), WOOD, 0.02),
    ]
    above = "chest"
    for index, name in enumerate(CLOTH):
        bones[name] = (above, (POLE + 0.02 + STRIP * index, 0.0, 0.3))
        above = name
        middle = POLE + 0.02 + STRIP * (index + 0.5)
        parts.append(Part(name, box((middle, 0, 0.3), (STRIP / 2 + 0.025, 0.03, 0.24), 0.025), flag_stripes, 0))
    return Body(skeleton(bones), tuple(parts), {})


def flag_stripes(p: Tensor) -> Tensor:
    """Three stripes; the middle one has the second tone."""
    return ((p[2] - 0.3).abs() < 0.085).long() * SECONDARY


FLAG = flag()
