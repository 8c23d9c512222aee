"""A tree and a flower."""

from __future__ import annotations

import math

from engine.models.world.body import GOLD, PRIMARY, SECONDARY, STEM, WOOD, Body, Part, limb, pair, skeleton, stick
from engine.models.world.solids import Vector, ball, ellipsoid, rotation

FRUIT = (
    ("chest", 0.12, -0.28, 0.18), ("chest", -0.16, -0.26, 0.1), ("chest", 0.02, -0.31, 0.04), ("head", -0.04, -0.27, 0.36),
    ("head", 0.1, 0.26, 0.38), ("head", 0.22, -0.1, 0.42), ("head", -0.22, 0.08, 0.42), ("fore_left_2", 0.36, -0.14, 0.1),
    ("fore_right_2", -0.36, -0.14, 0.16), ("hind_left_2", 0.22, 0.3, 0.14), ("hind_right_2", -0.18, 0.32, 0.18),
)  # fmt: skip
TREE = Body(
    skeleton({
        "hips": (None, (0, 0, -0.6)), "waist": ("hips", (0, 0, -0.36)), "chest": ("waist", (0, 0, -0.1)),
        "head": ("chest", (0, 0, 0.16)), "crown": ("head", (0, 0, 0.6)), "face": ("chest", (0, -0.36, 0.12)),
        **limb("fore", (0.08, -0.06, -0.14), (0.22, -0.08, 0.0), (0.42, -0.1, 0.1), "chest"),
        **limb("hind", (0.06, 0.08, -0.14), (0.14, 0.16, 0.0), (0.22, 0.34, 0.12), "chest"),
    }),
    (
        stick("hips", (0, 0, -0.6), (0, 0, -0.36), 0.12, 0.085, tone=WOOD),
        stick("waist", (0, 0, -0.36), (0, 0, -0.1), 0.085, 0.08, tone=WOOD),
        *pair(
            stick("hips", (0.06, -0.03, -0.52), (0.17, -0.08, -0.61), 0.06, 0.03, tone=WOOD),
            stick("hips", (0.05, 0.05, -0.52), (0.13, 0.13, -0.61), 0.06, 0.03, tone=WOOD),
            stick("fore_left_1", (0.02, -0.02, -0.18), (0.22, -0.08, 0.0), 0.045, 0.035, tone=WOOD),
            Part("fore_left_2", ball((0.3, -0.06, 0.1), 0.19), blend=0.06),
            Part("hind_left_2", ball((0.17, 0.2, 0.11), 0.19), blend=0.06),
        ),
        Part("chest", ball((0, -0.1, 0.12), 0.24), blend=0.06),
        Part("chest", ball((0, 0.04, 0.16), 0.26), blend=0.06),
        Part("head", ball((0, 0.0, 0.36), 0.25), blend=0.06),
        Part("head", ball((0.13, -0.04, 0.3), 0.19), blend=0.05),
        Part("head", ball((-0.13, 0.03, 0.32), 0.19), blend=0.05),
        *(Part(bone, ball((x, y, z), 0.042), SECONDARY, 0) for bone, x, y, z in FRUIT),
    ),
    {"fore": "branch", "hind": "branch"},
)  # fmt: skip

TILT = -39.8
PETALS = {"fore_left": 22, "mid_left": 67, "far_left": -22, "hind_left": -67}


def flower() -> Body:
    """Its head looks up to the front, along (0, -0.77, 0.64); petals stand round it."""
    centre, right, up, ahead = (0.0, -0.06, 0.24), (1.0, 0.0, 0.0), (0.0, 0.64, 0.77), (0.0, -0.77, 0.64)
    bones = {
        "hips": (None, (0.0, 0.04, -0.6)), "waist": ("hips", (0.0, 0.05, -0.36)), "chest": ("waist", (0.0, 0.04, -0.1)),
        "neck": ("chest", (0.0, 0.02, 0.1)), "head": ("neck", (0.0, -0.01, 0.2)), "face": ("head", (0.0, -0.18, 0.34)),
        "tail_1": ("waist", (0.03, 0.05, -0.4)), "tail_2": ("tail_1", (0.2, 0.03, -0.3)),
        "tail_3": ("tail_2", (0.36, 0.0, -0.28)),
    }  # fmt: skip
    parts = [
        stick("hips", (0, 0.04, -0.6), (0, 0.05, -0.36), 0.036, 0.03, tone=STEM),
        stick("waist", (0, 0.05, -0.36), (0, 0.04, -0.1), 0.03, 0.028, tone=STEM),
        stick("chest", (0, 0.04, -0.1), (0, 0.02, 0.1), 0.028, tone=STEM),
        stick("neck", (0, 0.02, 0.1), (0, -0.01, 0.2), 0.028, 0.04, tone=STEM),
        Part("head", ellipsoid((0, -0.01, 0.2), (0.09, 0.06, 0.09), (-50, 0, 0)), STEM, 0.02),
        Part("tail_1", ellipsoid((0.14, 0.04, -0.33), (0.12, 0.065, 0.02), (0, -30, 0)), STEM, 0.02),
        Part("tail_2", ellipsoid((0.26, 0.02, -0.28), (0.12, 0.06, 0.018), (0, 0, -8)), STEM, 0.03),
        Part("waist", ellipsoid((-0.13, 0.03, -0.26), (0.14, 0.06, 0.02), (0, 35, 0)), STEM, 0.02),
        Part("head", ellipsoid(add(centre, ahead, 0.03), (0.14, 0.07, 0.14), (-50, 0, 0)), SECONDARY, 0),
        Part("head", ellipsoid(add(centre, ahead, 0.065), (0.1, 0.05, 0.1), (-50, 0, 0)), GOLD, 0),
    ]
    for name, degrees in PETALS.items():
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        out = tuple(cos * a + sin * b for a, b in zip(right, up, strict=True))
        first, second, third = (add(centre, out, reach) for reach in (0.11, 0.24, 0.38))
        bones |= limb(name.split("_")[0], first, second, third, "head")
        parts += pair(
            petal(f"{name}_1", add(centre, out, 0.22), degrees, 0.15, 0.1),
            petal(f"{name}_2", add(centre, out, 0.33), degrees, 0.12, 0.095),
        )
    return Body(skeleton(bones), tuple(parts), dict.fromkeys(("fore", "mid", "far", "hind"), "petal"))


def petal(bone: str, centre: Vector, degrees: float, long: float, wide: float) -> Part:
    """A flat ellipsoid in the flower's plane: turned in XZ by `degrees` (about -Y), then tilted about X with the flower."""
    turn = rotation((TILT, 0.0, 0.0)) @ rotation((0.0, -degrees, 0.0))
    return Part(bone, ellipsoid(centre, (long, 0.025, wide), turn), PRIMARY, 0.015)


def add(point: Vector, direction: Vector, by: float) -> Vector:
    return tuple(a + by * b for a, b in zip(point, direction, strict=True))


FLOWER = flower()
