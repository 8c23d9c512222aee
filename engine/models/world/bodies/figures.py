"""A person and a robot."""

from __future__ import annotations

from engine.models.world.bodies.features import eyes
from engine.models.world.body import (
    BLACK,
    CREAM,
    GOLD,
    METAL,
    PINK,
    RUBBER,
    SECONDARY,
    WOOD,
    Body,
    Part,
    limb,
    pair,
    skeleton,
    stick,
)
from engine.models.world.solids import ball, box, cylinder, ellipsoid, torus

ARM = ((0.16, 0.0, 0.13), (0.23, 0.01, -0.03), (0.26, -0.02, -0.18))
LEG = ((0.08, 0.0, -0.17), (0.085, -0.005, -0.36), (0.085, 0.01, -0.55))
PERSON = Body(
    skeleton({
        "hips": (None, (0, 0, -0.14)), "waist": ("hips", (0, 0, -0.04)), "chest": ("waist", (0, 0, 0.08)),
        "neck": ("chest", (0, 0, 0.18)), "head": ("neck", (0, 0, 0.26)), "face": ("head", (0, -0.19, 0.34)),
        "crown": ("head", (0, 0, 0.56)), **limb("fore", *ARM, "chest"), **limb("hind", *LEG, "hips"),
    }),
    (
        Part("chest", ellipsoid((0, 0, 0.06), (0.155, 0.11, 0.15))),
        Part("waist", ellipsoid((0, 0, -0.06), (0.13, 0.1, 0.12)), blend=0.06),
        Part("hips", ellipsoid((0, 0, -0.16), (0.14, 0.105, 0.1)), SECONDARY, 0.03),
        stick("neck", (0, 0, 0.17), (0, 0, 0.26), 0.05, tone=CREAM, blend=0.02),
        Part("head", ellipsoid((0, 0, 0.37), (0.17, 0.165, 0.175)), CREAM, 0.02),
        Part("head", ellipsoid((0, 0.035, 0.405), (0.184, 0.165, 0.168)), WOOD, 0.0),
        Part("head", ellipsoid((0.05, -0.1, 0.5), (0.12, 0.08, 0.055), (0, 14, 0)), WOOD, 0.03),
        Part("head", ball((0, -0.17, 0.345), 0.024), CREAM, 0.02),
        *pair(
            Part("head", ball((0.172, -0.01, 0.345), 0.036), CREAM, 0.01),
            Part("head", ellipsoid((0.105, -0.128, 0.31), (0.03, 0.02, 0.022)), PINK, 0),
            stick("fore_left_1", ARM[0], ARM[1], 0.062, 0.05, blend=0.04),
            stick("fore_left_2", ARM[1], ARM[2], 0.048, 0.038, tone=CREAM, blend=0.01),
            Part("fore_left_3", ball((0.265, -0.03, -0.21), 0.055), CREAM, 0.02),
            stick("hind_left_1", LEG[0], LEG[1], 0.075, 0.06, tone=SECONDARY, blend=0.03),
            stick("hind_left_2", LEG[1], LEG[2], 0.058, 0.048, tone=SECONDARY, blend=0.02),
            Part("hind_left_3", ellipsoid((0.088, -0.04, -0.575), (0.06, 0.1, 0.045)), RUBBER, 0.01),
        ),
        *eyes("head", (0.065, -0.152, 0.38), 0.026),
    ),
    {"fore": "arm", "hind": "leg"},
)  # fmt: skip

ROBOT_ARM = ((0.23, 0.0, 0.08), (0.29, 0.0, -0.08), (0.29, -0.02, -0.24))
ROBOT_LEG = ((0.1, 0.0, -0.22), (0.1, 0.0, -0.37), (0.1, 0.0, -0.53))
ROBOT = Body(
    skeleton({
        "hips": (None, (0, 0, -0.18)), "waist": ("hips", (0, 0, -0.08)), "chest": ("waist", (0, 0, 0.04)),
        "neck": ("chest", (0, 0, 0.17)), "head": ("neck", (0, 0, 0.24)), "face": ("head", (0, -0.18, 0.33)),
        "crown": ("head", (0, 0, 0.6)), **limb("fore", *ROBOT_ARM, "chest"), **limb("hind", *ROBOT_LEG, "hips"),
    }),
    (
        Part("chest", box((0, 0, 0.03), (0.19, 0.13, 0.14), 0.04)),
        Part("chest", box((0, -0.13, 0.04), (0.11, 0.015, 0.075), 0.01), SECONDARY, 0),
        *(Part("chest", ball((x, -0.145, 0.04), 0.022), tone, 0) for x, tone in ((-0.055, GOLD), (0, PINK), (0.055, GOLD))),
        Part("waist", cylinder((0, 0, -0.13), 0.1, 0.04), METAL, 0),
        Part("hips", box((0, 0, -0.2), (0.155, 0.11, 0.05), 0.03), SECONDARY, 0),
        Part("neck", cylinder((0, 0, 0.19), 0.06, 0.05), METAL, 0),
        Part("head", box((0, 0, 0.34), (0.19, 0.155, 0.13), 0.045)),
        Part("head", box((0, -0.145, 0.345), (0.145, 0.025, 0.08), 0.02), BLACK, 0),
        stick("head", (0, 0, 0.46), (0, 0, 0.55), 0.016, tone=METAL, blend=0),
        Part("head", ball((0, 0, 0.575), 0.042), SECONDARY, 0),
        *pair(
            Part("head", ball((0.065, -0.165, 0.355), 0.036), GOLD, 0),
            Part("head", cylinder((0.2, 0, 0.34), 0.06, 0.03, "x"), SECONDARY, 0),
            Part("fore_left_1", ball((0.235, 0, 0.08), 0.065), METAL, 0),
            stick("fore_left_1", ROBOT_ARM[0], ROBOT_ARM[1], 0.042, tone=METAL, blend=0),
            stick("fore_left_2", ROBOT_ARM[1], ROBOT_ARM[2], 0.06, 0.065, blend=0),
            Part("fore_left_3", torus((0.29, -0.02, -0.3), 0.045, 0.024, "x"), SECONDARY, 0.01),
            stick("hind_left_1", ROBOT_LEG[0], ROBOT_LEG[1], 0.045, tone=METAL, blend=0),
            stick("hind_left_2", ROBOT_LEG[1], ROBOT_LEG[2], 0.062, 0.07, blend=0),
            Part("hind_left_3", box((0.1, -0.035, -0.57), (0.085, 0.125, 0.045), 0.03), SECONDARY, 0),
        ),
    ),
    {"fore": "arm", "hind": "leg"},
)  # fmt: skip
