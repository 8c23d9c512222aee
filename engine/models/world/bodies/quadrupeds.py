"""Animals on four legs."""

from __future__ import annotations

from engine.models.world.bodies.features import eyes, wide_eyes
from engine.models.world.body import (
    BLACK,
    CREAM,
    PINK,
    PRIMARY,
    RUBBER,
    SECONDARY,
    WHITE,
    Body,
    Part,
    limb,
    pair,
    skeleton,
    stick,
)
from engine.models.world.solids import Vector, ball, capsule, ellipsoid

LEGS = {"fore": "leg", "hind": "leg"}


def leg(slot: str, joints: tuple[Vector, Vector, Vector], radii: Vector, paw: int, foot: Vector) -> tuple[Part, ...]:
    """Thigh, shin and a paw of half sizes `foot` and tone `paw`; joints of the left one."""
    first, second, third = joints
    lower = (third[0], third[1] - 0.3 * foot[1], third[2] - 0.01)
    return pair(
        Part(f"{slot}_left_1", capsule(first, second, radii[0], radii[1]), blend=0.05),
        Part(f"{slot}_left_2", capsule(second, third, radii[1], radii[2]), blend=0.03),
        Part(f"{slot}_left_3", ellipsoid(lower, foot), paw, 0.02),
    )


DOG_FORE = ((0.11, -0.2, -0.06), (0.11, -0.18, -0.26), (0.11, -0.2, -0.47))
DOG_HIND = ((0.11, 0.25, -0.04), (0.11, 0.22, -0.25), (0.11, 0.27, -0.47))
DOG = Body(
    skeleton({
        "hips": (None, (0, 0.24, 0.0)), "waist": ("hips", (0, 0.06, 0.02)), "chest": ("waist", (0, -0.14, 0.02)),
        "neck": ("chest", (0, -0.25, 0.12)), "head": ("neck", (0, -0.35, 0.26)), "face": ("head", (0, -0.61, 0.23)),
        "crown": ("head", (0, -0.36, 0.41)), "tail_1": ("hips", (0, 0.37, 0.07)), "tail_2": ("tail_1", (0, 0.46, 0.18)),
        "tail_3": ("tail_2", (0, 0.5, 0.33)), **limb("fore", *DOG_FORE, "chest"), **limb("hind", *DOG_HIND, "hips"),
    }),
    (
        Part("chest", ellipsoid((0, -0.13, 0.01), (0.155, 0.2, 0.165))),
        Part("waist", ellipsoid((0, 0.06, 0.02), (0.13, 0.2, 0.13)), blend=0.08),
        Part("hips", ellipsoid((0, 0.24, 0.01), (0.145, 0.17, 0.145)), blend=0.08),
        Part("chest", ellipsoid((0, -0.24, -0.01), (0.1, 0.1, 0.13)), CREAM, 0.05),
        stick("neck", (0, -0.22, 0.08), (0, -0.34, 0.24), 0.105, 0.1, blend=0.06),
        Part("head", ellipsoid((0, -0.38, 0.28), (0.15, 0.145, 0.135)), blend=0.05),
        stick("head", (0, -0.44, 0.245), (0, -0.57, 0.225), 0.08, 0.06, tone=CREAM, blend=0.03),
        Part("head", ellipsoid((0, -0.625, 0.25), (0.04, 0.03, 0.03)), BLACK, 0),
        *pair(Part("head", ellipsoid((0.145, -0.36, 0.27), (0.035, 0.07, 0.125), (0, -14, 0)), SECONDARY, 0.02)),
        *eyes("head", (0.068, -0.485, 0.325), 0.031),
        stick("hips", (0, 0.35, 0.05), (0, 0.37, 0.07), 0.06, 0.05),
        stick("tail_1", (0, 0.37, 0.07), (0, 0.46, 0.18), 0.048, 0.042),
        stick("tail_2", (0, 0.46, 0.18), (0, 0.5, 0.34), 0.042, 0.03, tone=SECONDARY),
        *leg("fore", DOG_FORE, (0.075, 0.06, 0.05), CREAM, (0.06, 0.08, 0.045)),
        *leg("hind", DOG_HIND, (0.095, 0.065, 0.05), CREAM, (0.06, 0.08, 0.045)),
    ),
    LEGS,
)  # fmt: skip

CAT_FORE = ((0.085, -0.2, -0.1), (0.085, -0.18, -0.28), (0.085, -0.2, -0.47))
CAT_HIND = ((0.09, 0.22, -0.08), (0.09, 0.18, -0.28), (0.09, 0.24, -0.47))
CAT = Body(
    skeleton({
        "hips": (None, (0, 0.21, -0.04)), "waist": ("hips", (0, 0.04, -0.02)), "chest": ("waist", (0, -0.14, -0.03)),
        "neck": ("chest", (0, -0.24, 0.05)), "head": ("neck", (0, -0.32, 0.17)), "face": ("head", (0, -0.52, 0.15)),
        "crown": ("head", (0, -0.3, 0.36)), "tail_1": ("hips", (0, 0.32, 0.0)), "tail_2": ("tail_1", (0, 0.45, 0.12)),
        "tail_3": ("tail_2", (0, 0.48, 0.32)), **limb("fore", *CAT_FORE, "chest"), **limb("hind", *CAT_HIND, "hips"),
    }),
    (
        Part("chest", ellipsoid((0, -0.13, -0.04), (0.12, 0.17, 0.13))),
        Part("waist", ellipsoid((0, 0.04, -0.03), (0.11, 0.19, 0.115)), blend=0.08),
        Part("hips", ellipsoid((0, 0.2, -0.04), (0.125, 0.16, 0.13)), blend=0.08),
        Part("chest", ellipsoid((0, -0.22, -0.07), (0.08, 0.08, 0.1)), SECONDARY, 0.04),
        stick("neck", (0, -0.22, 0.0), (0, -0.31, 0.14), 0.085, 0.085, blend=0.05),
        Part("head", ellipsoid((0, -0.34, 0.19), (0.165, 0.14, 0.14)), blend=0.05),
        *pair(Part("head", ellipsoid((0.045, -0.465, 0.14), (0.055, 0.045, 0.042)), SECONDARY, 0.02)),
        Part("head", ellipsoid((0, -0.505, 0.168), (0.026, 0.02, 0.018)), PINK, 0),
        *pair(
            stick("head", (0.1, -0.31, 0.28), (0.135, -0.3, 0.41), 0.062, 0.012, blend=0.02),
            stick("head", (0.1, -0.355, 0.3), (0.13, -0.33, 0.385), 0.036, 0.01, tone=PINK, blend=0),
        ),
        *eyes("head", (0.072, -0.455, 0.225), 0.035),
        stick("tail_1", (0, 0.3, -0.02), (0, 0.45, 0.12), 0.042, 0.038),
        stick("tail_2", (0, 0.45, 0.12), (0, 0.48, 0.32), 0.038, 0.036),
        stick("tail_3", (0, 0.48, 0.32), (0, 0.44, 0.42), 0.036, 0.03, tone=SECONDARY),
        *leg("fore", CAT_FORE, (0.06, 0.048, 0.042), SECONDARY, (0.05, 0.065, 0.04)),
        *leg("hind", CAT_HIND, (0.085, 0.052, 0.042), SECONDARY, (0.05, 0.065, 0.04)),
    ),
    LEGS,
)  # fmt: skip

HORSE_FORE = ((0.1, -0.2, -0.05), (0.1, -0.19, -0.29), (0.1, -0.2, -0.53))
HORSE_HIND = ((0.1, 0.26, -0.03), (0.1, 0.23, -0.27), (0.1, 0.29, -0.53))
HORSE = Body(
    skeleton({
        "hips": (None, (0, 0.25, 0.05)), "waist": ("hips", (0, 0.06, 0.05)), "chest": ("waist", (0, -0.16, 0.06)),
        "neck": ("chest", (0, -0.26, 0.18)), "head": ("neck", (0, -0.39, 0.42)), "face": ("head", (0, -0.61, 0.27)),
        "crown": ("head", (0, -0.36, 0.54)), "tail_1": ("hips", (0, 0.41, 0.12)), "tail_2": ("tail_1", (0, 0.5, -0.04)),
        "tail_3": ("tail_2", (0, 0.52, -0.24)), **limb("fore", *HORSE_FORE, "chest"), **limb("hind", *HORSE_HIND, "hips"),
    }),
    (
        Part("chest", ellipsoid((0, -0.14, 0.05), (0.15, 0.2, 0.165))),
        Part("waist", ellipsoid((0, 0.06, 0.04), (0.14, 0.22, 0.145)), blend=0.08),
        Part("hips", ellipsoid((0, 0.25, 0.05), (0.15, 0.18, 0.16)), blend=0.08),
        stick("neck", (0, -0.2, 0.12), (0, -0.385, 0.41), 0.12, 0.085, blend=0.07),
        stick("head", (0, -0.37, 0.43), (0, -0.56, 0.3), 0.09, 0.062, blend=0.05),
        stick("head", (0, -0.54, 0.31), (0, -0.59, 0.275), 0.07, 0.062, tone=CREAM, blend=0.02),
        *pair(
            stick("head", (0.055, -0.34, 0.5), (0.065, -0.33, 0.58), 0.035, 0.012, blend=0.01),
            Part("head", ball((0.032, -0.64, 0.285), 0.012), BLACK, 0),
        ),
        *eyes("head", (0.075, -0.44, 0.425), 0.027),
        stick("neck", (0, -0.15, 0.24), (0, -0.29, 0.44), 0.045, 0.06, tone=SECONDARY, blend=0.01),
        stick("head", (0, -0.3, 0.46), (0, -0.4, 0.53), 0.06, 0.04, tone=SECONDARY, blend=0.01),
        stick("hips", (0, 0.38, 0.13), (0, 0.42, 0.12), 0.05, tone=SECONDARY),
        stick("tail_1", (0, 0.41, 0.12), (0, 0.5, -0.04), 0.05, 0.062, tone=SECONDARY),
        stick("tail_2", (0, 0.5, -0.04), (0, 0.52, -0.26), 0.062, 0.03, tone=SECONDARY),
        *leg("fore", HORSE_FORE, (0.075, 0.052, 0.042), RUBBER, (0.052, 0.062, 0.045)),
        *leg("hind", HORSE_HIND, (0.1, 0.056, 0.042), RUBBER, (0.052, 0.062, 0.045)),
    ),
    LEGS,
)  # fmt: skip

ELEPHANT_FORE = ((0.15, -0.15, -0.12), (0.15, -0.15, -0.3), (0.15, -0.15, -0.48))
ELEPHANT_HIND = ((0.15, 0.26, -0.1), (0.15, 0.25, -0.29), (0.15, 0.27, -0.48))
ELEPHANT = Body(
    skeleton({
        "hips": (None, (0, 0.24, 0.05)), "waist": ("hips", (0, 0.06, 0.08)), "chest": ("waist", (0, -0.12, 0.07)),
        "neck": ("chest", (0, -0.22, 0.13)), "head": ("neck", (0, -0.32, 0.2)), "face": ("head", (0, -0.56, -0.3)),
        "crown": ("head", (0, -0.3, 0.43)), "tail_1": ("hips", (0, 0.44, 0.1)), "tail_2": ("tail_1", (0, 0.49, -0.02)),
        "tail_3": ("tail_2", (0, 0.51, -0.16)), **limb("fore", *ELEPHANT_FORE, "chest"), **limb("hind", *ELEPHANT_HIND, "hips"),
        **limb("mid", (0.16, -0.27, 0.27), (0.3, -0.2, 0.22), (0.36, -0.16, 0.05), "head"),
    }),
    (
        Part("chest", ellipsoid((0, -0.08, 0.06), (0.22, 0.24, 0.24))),
        Part("hips", ellipsoid((0, 0.2, 0.05), (0.235, 0.26, 0.25)), blend=0.1),
        Part("head", ellipsoid((0, -0.34, 0.22), (0.17, 0.16, 0.19)), blend=0.07),
        stick("head", (0, -0.44, 0.15), (0, -0.54, -0.06), 0.09, 0.068, blend=0.05),
        stick("head", (0, -0.54, -0.06), (0, -0.54, -0.24), 0.068, 0.052, blend=0.03),
        stick("head", (0, -0.54, -0.24), (0, -0.6, -0.32), 0.052, 0.045, blend=0.03),
        *pair(
            Part("mid_left_1", ellipsoid((0.28, -0.22, 0.17), (0.16, 0.035, 0.2), (0, 0, -28)), blend=0.03),
            Part("mid_left_1", ellipsoid((0.275, -0.245, 0.16), (0.11, 0.03, 0.14), (0, 0, -28)), SECONDARY, 0),
            stick("head", (0.085, -0.44, 0.08), (0.11, -0.6, 0.0), 0.035, 0.015, tone=WHITE, blend=0),
        ),
        *eyes("head", (0.1, -0.465, 0.26), 0.026),
        stick("tail_1", (0, 0.42, 0.12), (0, 0.49, -0.02), 0.03, 0.022),
        stick("tail_2", (0, 0.49, -0.02), (0, 0.51, -0.16), 0.022, 0.018),
        Part("tail_3", ellipsoid((0, 0.51, -0.17), (0.03, 0.03, 0.05)), SECONDARY, 0),
        *leg("fore", ELEPHANT_FORE, (0.1, 0.088, 0.088), PRIMARY, (0.1, 0.105, 0.05)),
        *leg("hind", ELEPHANT_HIND, (0.11, 0.09, 0.088), PRIMARY, (0.1, 0.105, 0.05)),
        *(
            Part(f"{slot}_{side}_3", ball((sign * x, y, -0.51), 0.026), WHITE, 0)
            for slot, y in (("fore", -0.265), ("hind", 0.155))
            for side, sign in (("left", 1), ("right", -1)) for x in (0.11, 0.15, 0.19)
        ),
    ),
    LEGS | {"mid": "ear"},
)  # fmt: skip

FROG_FORE = ((0.16, -0.2, -0.1), (0.22, -0.2, -0.22), (0.2, -0.26, -0.34))
FROG_HIND = ((0.15, 0.2, -0.14), (0.36, -0.02, -0.1), (0.3, 0.24, -0.3))
FROG = Body(
    skeleton({
        "hips": (None, (0, 0.2, -0.12)), "waist": ("hips", (0, 0.08, -0.06)), "chest": ("waist", (0, -0.08, 0.0)),
        "head": ("chest", (0, -0.2, 0.08)), "face": ("head", (0, -0.45, 0.07)), "crown": ("head", (0, -0.2, 0.26)),
        **limb("fore", *FROG_FORE, "chest"), **limb("hind", *FROG_HIND, "hips"),
    }),
    (
        Part("hips", ellipsoid((0, 0.12, -0.1), (0.21, 0.24, 0.17), (-18, 0, 0))),
        Part("chest", ellipsoid((0, -0.1, 0.0), (0.22, 0.22, 0.17), (-18, 0, 0)), blend=0.1),
        Part("head", ellipsoid((0, -0.25, 0.07), (0.235, 0.2, 0.13)), blend=0.08),
        Part("head", ellipsoid((0, -0.265, 0.015), (0.21, 0.18, 0.1)), CREAM, 0.02),
        Part("chest", ellipsoid((0, -0.15, -0.09), (0.17, 0.17, 0.12)), CREAM, 0.04),
        *pair(Part("head", ball((0.13, -0.22, 0.19), 0.085), blend=0.03)),
        *wide_eyes("head", (0.14, -0.255, 0.215), 0.068),
        *pair(
            stick("hind_left_1", FROG_HIND[0], FROG_HIND[1], 0.1, 0.075, blend=0.05),
            stick("hind_left_2", FROG_HIND[1], FROG_HIND[2], 0.062, 0.048, blend=0.02),
            stick("hind_left_3", FROG_HIND[2], (0.4, 0.02, -0.34), 0.045, 0.03, tone=SECONDARY, blend=0.02),
            stick("hind_left_3", FROG_HIND[2], (0.32, -0.02, -0.35), 0.045, 0.028, tone=SECONDARY, blend=0.02),
            stick("fore_left_1", FROG_FORE[0], FROG_FORE[1], 0.065, 0.05, blend=0.04),
            stick("fore_left_2", FROG_FORE[1], FROG_FORE[2], 0.048, 0.04, blend=0.02),
            stick("fore_left_3", FROG_FORE[2], (0.27, -0.36, -0.35), 0.036, 0.026, tone=SECONDARY, blend=0.02),
            stick("fore_left_3", FROG_FORE[2], (0.18, -0.38, -0.35), 0.036, 0.026, tone=SECONDARY, blend=0.02),
        ),
    ),
    LEGS,
)  # fmt: skip
