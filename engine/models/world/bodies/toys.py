"""Rigid toys: ideal solids with a front, and a snowman and a mushroom that can lean."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.models.world.bodies.features import eyes, front_wedge
from engine.models.world.body import CREAM, ORANGE, RUBBER, SECONDARY, WOOD, Body, Part, limb, pair, skeleton, stick
from engine.models.world.solids import Solid, above, ball, box, cone, cylinder, ellipsoid, torus

HALF_CUBE = 0.36


def cube_front(p: Tensor) -> Tensor:
    return (p[1] < -0.98 * HALF_CUBE).long() * SECONDARY


def rigid(solid: Solid, front: float, top: float, tone=front_wedge) -> Body:
    """A solid on one bone, with its front (-y) and its top (z) as joints."""
    bones = {"hips": (None, (0.0, 0.0, 0.0)), "face": ("hips", (0.0, -front, 0.0)), "crown": ("hips", (0.0, 0.0, top))}
    return Body(skeleton(bones), (Part("hips", solid, tone),), {})


BALL = rigid(ball((0, 0, 0), 0.46), 0.46, 0.46)
CUBE = rigid(box((0, 0, 0), (HALF_CUBE,) * 3, 0.015), HALF_CUBE, HALF_CUBE, cube_front)
CONE = rigid(cone((0, 0, 0), 0.45, 0.0, 0.45), 0.22, 0.45)
CYLINDER = rigid(cylinder((0, 0, 0), 0.37, 0.43, rounding=0.015), 0.37, 0.43)
TORUS = rigid(torus((0, 0, 0), 0.37, 0.16), 0.53, 0.16)

SNOWMAN = Body(
    skeleton({
        "hips": (None, (0, 0, -0.5)), "waist": ("hips", (0, 0, -0.24)), "chest": ("waist", (0, 0, 0.0)),
        "head": ("chest", (0, 0, 0.2)), "face": ("head", (0, -0.42, 0.23)), "crown": ("head", (0, 0, 0.52)),
        **limb("fore", (0.24, 0, -0.06), (0.4, -0.02, 0.06), (0.54, -0.04, 0.16), "chest"),
    }),
    (
        Part("waist", ball((0, 0, -0.27), 0.31)), Part("chest", ball((0, 0, 0.0), 0.23), blend=0.05),
        Part("head", ball((0, 0, 0.25), 0.19), blend=0.03),
        Part("head", cylinder((0, 0, 0.42), 0.21, 0.02, rounding=0.01), RUBBER, 0),
        Part("head", cylinder((0, 0, 0.51), 0.135, 0.1, rounding=0.01), RUBBER, 0),
        Part("head", cylinder((0, 0, 0.45), 0.139, 0.03), SECONDARY, 0),
        Part("chest", torus((0, 0, 0.125), 0.15, 0.045), SECONDARY, 0),
        Part("chest", box((0.07, -0.2, 0.02), (0.04, 0.025, 0.11), 0.02, (0, 12, 0)), SECONDARY, 0),
        stick("head", (0, -0.17, 0.24), (0, -0.4, 0.225), 0.045, 0.012, tone=ORANGE, blend=0),
        *eyes("head", (0.075, -0.165, 0.31), 0.032),
        *(Part("waist", ball((0, y, z), 0.03), RUBBER, 0) for y, z in ((-0.275, -0.14), (-0.305, -0.25), (-0.29, -0.36))),
        *pair(
            stick("fore_left_1", (0.2, 0, -0.09), (0.4, -0.02, 0.06), 0.03, 0.026, tone=WOOD, blend=0),
            stick("fore_left_2", (0.4, -0.02, 0.06), (0.56, -0.05, 0.17), 0.026, 0.018, tone=WOOD, blend=0),
            stick("fore_left_2", (0.47, -0.03, 0.11), (0.49, -0.03, 0.2), 0.02, 0.014, tone=WOOD, blend=0),
        ),
    ),
    {"fore": "arm"},
)  # fmt: skip

SPOTS = ((0.0, -0.36, 0.22, 0.09), (0.28, -0.22, 0.2, 0.08), (-0.28, -0.2, 0.22, 0.085), (0.14, -0.12, 0.38, 0.07),
         (-0.14, 0.02, 0.4, 0.075), (0.35, 0.1, 0.18, 0.08), (-0.36, 0.14, 0.16, 0.075), (0.12, 0.28, 0.3, 0.085),
         (-0.16, 0.36, 0.18, 0.07))  # fmt: skip


def mushroom_cap(p: Tensor) -> Tensor:
    """Spots of the second tone."""
    spots = torch.stack([(p - p.new_tensor([[x], [y], [z]])).norm(dim=0) < radius for x, y, z, radius in SPOTS])
    return spots.any(0).long() * SECONDARY


MUSHROOM = Body(
    skeleton({
        "hips": (None, (0, 0, -0.5)), "waist": ("hips", (0, 0, -0.34)), "chest": ("waist", (0, 0, -0.18)),
        "head": ("chest", (0, 0, -0.02)), "face": ("waist", (0, -0.2, -0.2)), "crown": ("head", (0, 0, 0.45)),
    }),
    (
        Part("waist", ellipsoid((0, 0, -0.36), (0.21, 0.21, 0.15)), CREAM),
        Part("chest", cylinder((0, 0, -0.2), 0.17, 0.22, rounding=0.05), CREAM, 0.08),
        Part("head", above(ellipsoid((0, 0, 0.0), (0.45, 0.45, 0.44)), 0.0), mushroom_cap, 0.03),
        *eyes("chest", (0.075, -0.165, -0.14), 0.042),
    ),
    {},
)  # fmt: skip
