"""A fish, a snake, a crab and an octopus."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.models.world.bodies.features import bands, eyes, wide_eyes
from engine.models.world.body import (
    CREAM,
    PINK,
    PRIMARY,
    SECONDARY,
    Body,
    Part,
    limb,
    pair,
    skeleton,
    stick,
)
from engine.models.world.solids import capsule, ellipsoid, torus

FISH_FIN = ((0.15, -0.12, -0.06), (0.21, -0.03, -0.11), (0.28, 0.06, -0.16))
FISH = Body(
    skeleton({
        "hips": (None, (0, 0.1, 0)), "waist": ("hips", (0, 0.0, 0)), "chest": ("waist", (0, -0.12, 0)),
        "head": ("chest", (0, -0.3, 0.02)), "face": ("head", (0, -0.5, -0.01)), "crown": ("chest", (0, -0.06, 0.36)),
        "tail_1": ("hips", (0, 0.22, 0)), "tail_2": ("tail_1", (0, 0.34, 0)), "tail_3": ("tail_2", (0, 0.56, 0)),
        **limb("fore", *FISH_FIN, "chest"),
    }),
    (
        Part("chest", ellipsoid((0, -0.16, 0), (0.175, 0.3, 0.255))),
        Part("hips", ellipsoid((0, 0.08, 0), (0.13, 0.22, 0.19)), blend=0.09),
        stick("tail_1", (0, 0.18, 0), (0, 0.34, 0), 0.095, 0.06, blend=0.08),
        Part("tail_2", ellipsoid((0, 0.44, 0.11), (0.03, 0.17, 0.085), (38, 0, 0)), SECONDARY, 0.03),
        Part("tail_2", ellipsoid((0, 0.44, -0.11), (0.03, 0.17, 0.085), (-38, 0, 0)), SECONDARY, 0.03),
        Part("chest", ellipsoid((0, -0.06, 0.24), (0.032, 0.19, 0.12), (-14, 0, 0)), SECONDARY, 0.02),
        Part("hips", ellipsoid((0, 0.14, -0.19), (0.028, 0.1, 0.07), (18, 0, 0)), SECONDARY, 0.02),
        Part("head", ellipsoid((0, -0.445, -0.035), (0.06, 0.045, 0.03)), PINK, 0.01),
        *pair(Part("fore_left_1", ellipsoid((0.21, -0.03, -0.11), (0.03, 0.12, 0.065), (-30, 0, -35)), SECONDARY, 0.01)),
        *wide_eyes("head", (0.125, -0.33, 0.07), 0.066, 0.42),
    ),
    {"fore": "fin"},
)  # fmt: skip


def snake_heads() -> list[tuple[str, float, float]]:
    """Bones of a snake from head to tail: name, y, radius of the body there."""
    names = ("face", "head", "neck", "chest", "waist", "hips", "tail_1", "tail_2", "tail_3")
    places = (-0.66, -0.52, -0.4, -0.26, -0.1, 0.06, 0.22, 0.38, 0.54)
    radii = (0.06, 0.115, 0.095, 0.11, 0.12, 0.12, 0.105, 0.08, 0.05)
    return list(zip(names, places, radii, strict=True))


def snake() -> Body:
    chain = snake_heads()
    height = {"face": 0.04, "head": 0.05, "neck": 0.01}
    where = {name: (0.0, y, height.get(name, 0.0)) for name, y, _ in chain}
    forward = ["hips", "waist", "chest", "neck", "head", "face"]
    bones = {"hips": (None, where["hips"])}
    bones |= {name: (above, where[name]) for above, name in zip(forward, forward[1:], strict=False)}
    bones |= {f"tail_{i}": ("hips" if i == 1 else f"tail_{i - 1}", where[f"tail_{i}"]) for i in (1, 2, 3)}
    radius = {name: r for name, _, r in chain}
    parts = []
    # A segment runs from a bone's own joint to its parent's; it turns with the parent.
    for name, (above, _) in bones.items():
        if above and name != "face":
            solid = capsule(where[above], where[name], radius[above], radius[name])
            parts.append(Part(above, solid, bands(1, 0.08), 0.07))
    parts += [
        stick("tail_3", where["tail_3"], (0, 0.66, 0), 0.05, 0.014, tone=SECONDARY),
        Part("head", ellipsoid((0, -0.56, 0.055), (0.135, 0.15, 0.1)), blend=0.04),
        Part("head", ellipsoid((0, -0.575, 0.02), (0.115, 0.125, 0.07)), CREAM, 0.01),
        stick("head", (0, -0.68, 0.02), (0, -0.77, 0.01), 0.015, tone=PINK, blend=0),
        *eyes("head", (0.085, -0.625, 0.115), 0.036),
    ]
    return Body(skeleton(bones), tuple(parts), {})


SNAKE = snake()

CLAW = ((0.27, -0.16, 0.0), (0.43, -0.3, 0.02), (0.36, -0.46, 0.08))
CRAB_LEGS = {
    "mid": ((0.3, -0.02, -0.05), (0.47, -0.06, 0.04), (0.58, -0.1, -0.2)),
    "far": ((0.3, 0.07, -0.05), (0.48, 0.09, 0.04), (0.6, 0.1, -0.2)),
    "hind": ((0.27, 0.15, -0.05), (0.42, 0.23, 0.03), (0.5, 0.31, -0.2)),
}
CRAB = Body(
    skeleton({
        "hips": (None, (0, 0.1, 0)), "chest": ("hips", (0, -0.08, 0)), "face": ("chest", (0, -0.27, -0.02)),
        "crown": ("chest", (0, -0.18, 0.27)), **limb("fore", *CLAW, "chest"),
        **{name: bone for slot, joints in CRAB_LEGS.items() for name, bone in limb(slot, *joints, "hips").items()},
    }),
    (
        Part("hips", ellipsoid((0, 0.0, 0.0), (0.36, 0.27, 0.16))),
        Part("hips", ellipsoid((0, 0.0, -0.06), (0.3, 0.225, 0.12)), CREAM, 0.02),
        *pair(
            stick("chest", (0.1, -0.18, 0.1), (0.11, -0.2, 0.22), 0.03, 0.025, blend=0.03),
            stick("fore_left_1", CLAW[0], CLAW[1], 0.055, 0.06, blend=0.03),
            stick("fore_left_2", CLAW[1], (0.37, -0.42, 0.07), 0.06, 0.075, blend=0.02),
            Part("fore_left_3", ellipsoid((0.4, -0.5, 0.09), (0.06, 0.13, 0.065), (0, 0, 14)), PRIMARY, 0.03),
            Part("fore_left_3", ellipsoid((0.295, -0.5, 0.085), (0.035, 0.1, 0.045), (0, 0, -22)), SECONDARY, 0.02),
            *(
                part
                for slot, (first, second, third) in CRAB_LEGS.items()
                for part in (
                    stick(f"{slot}_left_1", first, second, 0.04, 0.035, blend=0.02),
                    stick(f"{slot}_left_2", second, third, 0.035, 0.014, tone=SECONDARY, blend=0.01),
                )
            ),
        ),
        *wide_eyes("chest", (0.11, -0.21, 0.26), 0.06),
        stick("chest", (-0.06, -0.258, -0.01), (0.06, -0.258, -0.01), 0.014, tone=SECONDARY, blend=0),
    ),
    {"fore": "claw", "mid": "leg", "far": "leg", "hind": "leg"},
)  # fmt: skip

ARM_ANGLES = {"fore_left": -62, "mid_left": -20, "far_left": 22, "hind_left": 64}


def octopus() -> Body:
    bones = {
        "hips": (None, (0.0, 0.0, -0.08)), "chest": ("hips", (0.0, 0.0, 0.08)), "head": ("chest", (0.0, 0.0, 0.24)),
        "face": ("hips", (0.0, -0.24, 0.04)), "crown": ("head", (0.0, 0.02, 0.52)),
    }  # fmt: skip
    parts = [
        Part("hips", ellipsoid((0, 0, -0.04), (0.23, 0.22, 0.16))),
        Part("chest", ellipsoid((0, 0.0, 0.1), (0.22, 0.21, 0.2)), blend=0.08),
        Part("head", ellipsoid((0, 0.01, 0.3), (0.255, 0.245, 0.24)), octopus_spots, 0.1),
    ]
    for name, degrees in ARM_ANGLES.items():
        x, y = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        joints = tuple((r * x, r * y, z) for r, z in ((0.16, -0.13), (0.36, -0.22), (0.52, -0.4)))
        tip = (0.62 * x, 0.62 * y, -0.36)
        bones |= limb(name.split("_")[0], *joints, "hips")
        parts += pair(
            stick(f"{name}_1", joints[0], joints[1], 0.085, 0.065, blend=0.06),
            stick(f"{name}_2", joints[1], joints[2], 0.065, 0.045, blend=0.04),
            stick(f"{name}_3", joints[2], tip, 0.045, 0.022, tone=SECONDARY, blend=0.03),
        )
    parts += [
        *wide_eyes("hips", (0.1, -0.185, 0.06), 0.072),
        Part("hips", torus((0, -0.225, -0.06), 0.028, 0.014, "y"), SECONDARY, 0),
    ]
    return Body(skeleton(bones), tuple(parts), dict.fromkeys(("fore", "mid", "far", "hind"), "tentacle"))


def octopus_spots(p: Tensor) -> Tensor:
    """Spots of the second tone on the back of the head."""
    spots = ((0.14, 0.16, 0.4, 0.06), (-0.08, 0.2, 0.38, 0.05), (0.0, 0.12, 0.5, 0.06), (0.2, 0.02, 0.34, 0.045),
             (-0.2, 0.06, 0.34, 0.06), (-0.15, -0.06, 0.46, 0.045), (0.06, -0.08, 0.51, 0.04))  # fmt: skip
    inside = [(p - p.new_tensor([[x], [y], [z]])).norm(dim=0) < radius for x, y, z, radius in spots]
    return torch.stack(inside).any(0).long() * SECONDARY


OCTOPUS = octopus()
