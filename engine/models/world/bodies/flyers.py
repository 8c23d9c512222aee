"""Birds, a butterfly and a dragon."""

from __future__ import annotations

from engine.models.world.bodies.features import eyes
from engine.models.world.body import (
    BLACK,
    CREAM,
    ORANGE,
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
from engine.models.world.solids import box, ellipsoid

BIRD_WING = ((0.09, -0.06, 0.05), (0.33, -0.02, 0.06), (0.6, 0.06, 0.06))
BIRD_LEG = ((0.06, 0.1, -0.13), (0.06, 0.12, -0.21), (0.06, 0.08, -0.3))
BIRD = Body(
    skeleton({
        "hips": (None, (0, 0.12, -0.02)), "waist": ("hips", (0, 0.03, 0.0)), "chest": ("waist", (0, -0.1, 0.03)),
        "neck": ("chest", (0, -0.2, 0.08)), "head": ("neck", (0, -0.27, 0.15)), "face": ("head", (0, -0.53, 0.12)),
        "crown": ("head", (0, -0.26, 0.31)), "tail_1": ("hips", (0, 0.26, 0.0)), "tail_2": ("tail_1", (0, 0.4, 0.02)),
        "tail_3": ("tail_2", (0, 0.55, 0.04)), **limb("fore", *BIRD_WING, "chest"), **limb("hind", *BIRD_LEG, "hips"),
    }),
    (
        Part("chest", ellipsoid((0, -0.04, 0.0), (0.15, 0.24, 0.15), (-12, 0, 0))),
        Part("hips", ellipsoid((0, 0.14, -0.01), (0.11, 0.2, 0.1)), blend=0.08),
        Part("chest", ellipsoid((0, -0.12, -0.05), (0.115, 0.17, 0.115), (-12, 0, 0)), CREAM, 0.03),
        Part("head", ellipsoid((0, -0.29, 0.17), (0.125, 0.13, 0.125)), blend=0.06),
        stick("head", (0, -0.39, 0.155), (0, -0.52, 0.125), 0.05, 0.01, tone=ORANGE, blend=0.01),
        *eyes("head", (0.075, -0.375, 0.21), 0.03),
        Part("tail_1", ellipsoid((0, 0.33, 0.01), (0.07, 0.13, 0.03)), SECONDARY, 0.04),
        Part("tail_2", ellipsoid((0, 0.46, 0.03), (0.11, 0.13, 0.022)), SECONDARY, 0.03),
        *pair(
            Part("fore_left_1", ellipsoid((0.22, 0.0, 0.055), (0.18, 0.125, 0.036), (0, 0, 6)), PRIMARY, 0.03),
            Part("fore_left_2", ellipsoid((0.44, 0.045, 0.06), (0.19, 0.115, 0.03), (0, 0, 16)), SECONDARY, 0.02),
            Part("fore_left_2", ellipsoid((0.4, 0.13, 0.055), (0.14, 0.07, 0.026), (0, 0, 32)), SECONDARY, 0.02),
            stick("hind_left_1", BIRD_LEG[0], BIRD_LEG[1], 0.03, 0.02, tone=ORANGE, blend=0.01),
            stick("hind_left_2", BIRD_LEG[1], BIRD_LEG[2], 0.02, 0.018, tone=ORANGE, blend=0.01),
            Part("hind_left_3", ellipsoid((0.06, 0.04, -0.31), (0.04, 0.065, 0.016)), ORANGE, 0.01),
        ),
    ),
    {"fore": "wing", "hind": "foot"},
)  # fmt: skip

DUCK_WING = ((0.2, -0.06, 0.0), (0.27, 0.1, 0.0), (0.27, 0.32, 0.06))
DUCK_LEG = ((0.12, 0.06, -0.3), (0.12, 0.07, -0.38), (0.12, 0.03, -0.47))
DUCK = Body(
    skeleton({
        "hips": (None, (0, 0.16, -0.14)), "waist": ("hips", (0, 0.06, -0.13)), "chest": ("waist", (0, -0.1, -0.09)),
        "neck": ("chest", (0, -0.17, 0.06)), "head": ("neck", (0, -0.2, 0.22)), "face": ("head", (0, -0.53, 0.2)),
        "crown": ("head", (0, -0.2, 0.47)), "tail_1": ("hips", (0, 0.32, -0.06)), "tail_2": ("tail_1", (0, 0.43, 0.02)),
        "tail_3": ("tail_2", (0, 0.52, 0.11)), **limb("fore", *DUCK_WING, "chest"), **limb("hind", *DUCK_LEG, "hips"),
    }),
    (
        Part("hips", ellipsoid((0, 0.08, -0.14), (0.27, 0.36, 0.23))),
        Part("chest", ellipsoid((0, -0.1, -0.1), (0.22, 0.22, 0.2)), blend=0.08),
        Part("head", ellipsoid((0, -0.22, 0.26), (0.21, 0.205, 0.2)), blend=0.08),
        Part("tail_1", ellipsoid((0, 0.42, -0.01), (0.12, 0.15, 0.09), (30, 0, 0)), SECONDARY, 0.04),
        *pair(
            Part("fore_left_1", ellipsoid((0.25, 0.05, -0.05), (0.055, 0.2, 0.14)), SECONDARY, 0.02),
            Part("fore_left_2", ellipsoid((0.26, 0.22, 0.0), (0.045, 0.16, 0.09), (12, 0, 0)), SECONDARY, 0.02),
            stick("hind_left_1", DUCK_LEG[0], DUCK_LEG[1], 0.035, 0.028, tone=ORANGE, blend=0.01),
            stick("hind_left_2", DUCK_LEG[1], (0.12, 0.06, -0.46), 0.028, 0.026, tone=ORANGE, blend=0.01),
            Part("hind_left_3", ellipsoid((0.12, -0.02, -0.475), (0.085, 0.125, 0.025)), ORANGE, 0.01),
        ),
        Part("head", ellipsoid((0, -0.45, 0.2), (0.13, 0.13, 0.05)), ORANGE, 0.01),
        *eyes("head", (0.1, -0.385, 0.33), 0.048),
    ),
    {"fore": "wing", "hind": "foot"},
)  # fmt: skip

UPPER_WING = ((0.05, -0.06, 0.03), (0.3, -0.16, 0.04), (0.58, -0.24, 0.05))
LOWER_WING = ((0.05, 0.06, 0.02), (0.24, 0.18, 0.02), (0.42, 0.34, 0.02))
BUTTERFLY = Body(
    skeleton({
        "hips": (None, (0, 0.14, 0)), "waist": ("hips", (0, 0.05, 0)), "chest": ("waist", (0, -0.06, 0.01)),
        "head": ("chest", (0, -0.2, 0.02)), "face": ("head", (0, -0.3, 0.02)), "crown": ("head", (0, -0.34, 0.22)),
        "tail_1": ("hips", (0, 0.24, 0)), "tail_2": ("tail_1", (0, 0.34, -0.01)),
        **limb("fore", *UPPER_WING, "chest"), **limb("hind", *LOWER_WING, "chest"),
    }),
    (
        Part("chest", ellipsoid((0, -0.05, 0.0), (0.065, 0.14, 0.065)), RUBBER),
        Part("hips", ellipsoid((0, 0.18, 0.0), (0.05, 0.2, 0.05)), RUBBER, 0.05),
        Part("head", ellipsoid((0, -0.22, 0.02), (0.085, 0.08, 0.08)), RUBBER, 0.03),
        *eyes("head", (0.05, -0.275, 0.045), 0.032),
        *pair(
            stick("head", (0.03, -0.26, 0.08), (0.12, -0.36, 0.22), 0.013, 0.01, tone=RUBBER, blend=0),
            Part("head", ellipsoid((0.125, -0.365, 0.23), (0.028, 0.028, 0.028)), RUBBER, 0),
            Part("fore_left_1", ellipsoid((0.24, -0.14, 0.03), (0.22, 0.16, 0.03), (0, 0, -20)), PRIMARY, 0.02),
            Part("fore_left_2", ellipsoid((0.42, -0.2, 0.035), (0.19, 0.17, 0.028), (0, 0, -28)), PRIMARY, 0.03),
            Part("fore_left_2", ellipsoid((0.46, -0.22, 0.035), (0.085, 0.075, 0.037), (0, 0, -28)), SECONDARY, 0),
            Part("fore_left_2", ellipsoid((0.3, -0.13, 0.035), (0.045, 0.045, 0.038)), SECONDARY, 0),
            Part("hind_left_1", ellipsoid((0.21, 0.16, 0.015), (0.18, 0.13, 0.028), (0, 0, 38)), PRIMARY, 0.02),
            Part("hind_left_2", ellipsoid((0.29, 0.24, 0.018), (0.14, 0.12, 0.026), (0, 0, 45)), PRIMARY, 0.03),
            Part("hind_left_2", ellipsoid((0.31, 0.26, 0.018), (0.06, 0.055, 0.036)), SECONDARY, 0),
        ),
    ),
    {"fore": "wing", "hind": "wing"},
)  # fmt: skip

DRAGON_WING = ((0.08, -0.04, 0.14), (0.3, 0.0, 0.3), (0.56, 0.1, 0.26))
DRAGON_LEG = ((0.12, 0.2, -0.12), (0.14, 0.1, -0.28), (0.14, 0.18, -0.46))
DRAGON_ARM = ((0.12, -0.15, -0.1), (0.14, -0.13, -0.28), (0.14, -0.18, -0.46))
DRAGON = Body(
    skeleton({
        "hips": (None, (0, 0.18, -0.04)), "waist": ("hips", (0, 0.04, -0.02)), "chest": ("waist", (0, -0.12, 0.0)),
        "neck": ("chest", (0, -0.22, 0.14)), "head": ("neck", (0, -0.29, 0.34)), "face": ("head", (0, -0.56, 0.3)),
        "crown": ("head", (0, -0.2, 0.52)), "tail_1": ("hips", (0, 0.32, -0.06)), "tail_2": ("tail_1", (0, 0.48, -0.04)),
        "tail_3": ("tail_2", (0, 0.6, 0.08)), **limb("fore", *DRAGON_WING, "chest"), **limb("hind", *DRAGON_LEG, "hips"),
        **limb("mid", *DRAGON_ARM, "chest"),
    }),
    (
        Part("chest", ellipsoid((0, -0.1, -0.02), (0.16, 0.19, 0.18))),
        Part("hips", ellipsoid((0, 0.14, -0.05), (0.17, 0.22, 0.17)), blend=0.09),
        Part("chest", ellipsoid((0, -0.14, -0.08), (0.115, 0.16, 0.14)), CREAM, 0.03),
        stick("neck", (0, -0.18, 0.08), (0, -0.285, 0.33), 0.095, 0.08, blend=0.06),
        Part("head", ellipsoid((0, -0.33, 0.37), (0.12, 0.125, 0.105)), blend=0.05),
        stick("head", (0, -0.4, 0.335), (0, -0.52, 0.31), 0.08, 0.06, blend=0.03),
        *pair(
            Part("head", ellipsoid((0.03, -0.565, 0.345), (0.016, 0.016, 0.016)), BLACK, 0),
            stick("head", (0.06, -0.27, 0.45), (0.09, -0.16, 0.54), 0.032, 0.01, tone=CREAM, blend=0.01),
        ),
        *eyes("head", (0.08, -0.42, 0.42), 0.03),
        stick("tail_1", (0, 0.28, -0.06), (0, 0.48, -0.04), 0.1, 0.06, blend=0.06),
        stick("tail_2", (0, 0.48, -0.04), (0, 0.6, 0.08), 0.06, 0.035),
        Part("tail_3", ellipsoid((0, 0.62, 0.11), (0.06, 0.025, 0.065), (-35, 0, 0)), SECONDARY, 0),
        *(
            stick(bone, (0, y, z), (0, y + 0.02, z + 0.08), 0.04, 0.008, tone=SECONDARY, blend=0)
            for bone, y, z in (("neck", -0.17, 0.22), ("chest", -0.06, 0.15), ("waist", 0.06, 0.12), ("hips", 0.2, 0.1),
                               ("tail_1", 0.34, 0.02), ("tail_1", 0.44, 0.01))
        ),
        *pair(
            stick("fore_left_1", DRAGON_WING[0], DRAGON_WING[1], 0.035, 0.025, blend=0.02),
            stick("fore_left_2", DRAGON_WING[1], DRAGON_WING[2], 0.025, 0.012, blend=0.01),
            Part("fore_left_1", box((0.21, 0.09, 0.2), (0.12, 0.14, 0.022), 0.02, (0, -35, 10)), SECONDARY, 0.02),
            Part("fore_left_2", ellipsoid((0.4, 0.13, 0.255), (0.16, 0.15, 0.026), (0, 10, 20)), SECONDARY, 0.03),
            stick("hind_left_1", DRAGON_LEG[0], DRAGON_LEG[1], 0.095, 0.065, blend=0.05),
            stick("hind_left_2", DRAGON_LEG[1], DRAGON_LEG[2], 0.062, 0.05, blend=0.03),
            Part("hind_left_3", ellipsoid((0.14, 0.14, -0.48), (0.06, 0.085, 0.035)), PRIMARY, 0.02),
            stick("mid_left_1", DRAGON_ARM[0], DRAGON_ARM[1], 0.065, 0.052, blend=0.04),
            stick("mid_left_2", DRAGON_ARM[1], DRAGON_ARM[2], 0.05, 0.045, blend=0.03),
            Part("mid_left_3", ellipsoid((0.14, -0.22, -0.48), (0.055, 0.075, 0.032)), PRIMARY, 0.02),
        ),
        *(
            stick(f"{slot}_left_3" if sign > 0 else f"{slot}_right_3", (sign * x, y, -0.485), (sign * x, y - 0.04, -0.495),
                  0.02, 0.006, tone=WHITE, blend=0)
            for slot, y in (("hind", 0.07), ("mid", -0.28)) for sign in (1, -1) for x in (0.11, 0.17)
        ),
    ),
    {"fore": "wing", "hind": "leg", "mid": "leg"},
)  # fmt: skip
