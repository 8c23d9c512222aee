"""How single limbs, tails and spines move: the parts that gaits are made of.

Angles are radians [moments]; limbs and bones by their names in `skeleton.JOINTS`. What a body lacks is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.world.body import Body
from engine.models.world.skeleton import SIDES, Pose

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
SPINE = ("waist", "chest", "neck", "head", "face", "tail_1", "tail_2", "tail_3")
CLOTH = ("tail_1", "tail_2", "tail_3", "far_left_1", "far_left_2", "far_left_3")


def step(pose: Pose, limb: str, phase: Tensor, swing: float, bend: float) -> None:
    """A leg swings fore and aft, its knee bends while it comes forward."""
    pose.turn(f"{limb}_1", X, swing * phase.sin() - 0.25 * bend * (0.5 - 0.5 * phase.cos()))
    pose.turn(f"{limb}_2", X, bend * (0.5 - 0.5 * phase.cos()))
    pose.turn(f"{limb}_3", X, -0.4 * swing * phase.sin() - 0.3 * bend * (0.5 - 0.5 * phase.cos()))


def swing_arm(pose: Pose, limb: str, phase: Tensor, swing: float, bend: float) -> None:
    """An arm swings, its elbow bent forwards."""
    pose.turn(f"{limb}_1", X, swing * phase.sin())
    pose.turn(f"{limb}_2", X, -bend * (0.7 - 0.3 * phase.sin()))


def beat(pose: Pose, body: Body, limb: str, phase: Tensor, size: float, late: float) -> None:
    lift(pose, body, limb, 0.12 + size * phase.sin(), 0.55 * size * (phase - 2 * late).sin(), 0 * phase)


def lift(pose: Pose, body: Body, limb: str, first: Tensor, second: Tensor, third: Tensor) -> None:
    """Raises a limb at its joints, radians, about the axis across it; petals close towards where the flower looks."""
    if not has(body, f"{limb}_3"):
        return
    axis = lift_axis(body, limb)
    for joint, angle in enumerate((first, second, third), 1):
        pose.turn(f"{limb}_{joint}", axis, angle)


def lift_axis(body: Body, limb: str) -> Tensor:
    """The unit vector [3] about which a positive turn raises a limb at rest."""
    along = body.skeleton.direction(f"{limb}_1", f"{limb}_3")
    petals = body.limbs[limb.split("_")[0]] == "petal"
    up = body.skeleton.direction("head", "face") if petals else torch.tensor(Z)
    if along[:2].norm() < 0.45 and not petals:
        # An arm that hangs down is raised sideways.
        along = torch.tensor([SIDES[limb.split("_")[1]], 0.0, 0.0])
    return torch.nn.functional.normalize(torch.linalg.cross(along, up), dim=0)


def wag_tail(pose: Pose, phase: Tensor, size: float) -> None:
    for index, bone in enumerate(("tail_1", "tail_2", "tail_3")):
        pose.turn(bone, Z, size * (phase - 0.5 * index).sin())


def undulate(pose: Pose, body: Body, phase: Tensor, size: Callable[[float], float], waves: float) -> None:
    """A wave runs from head to tail, `waves` radians a metre: the bone at y is turned aside by size(y) radians."""
    chain = [bone for bone in body.skeleton.parents if bone == "hips" or bone in SPINE]
    aside = {bone: size(bone_y(body, bone)) * (phase - waves * bone_y(body, bone)).sin() for bone in chain}
    for bone in chain:
        parent = body.skeleton.parents[bone]
        pose.turn(bone, Z, aside[bone] - aside[parent] if parent in aside else aside[bone])


def flutter(pose: Pose, phase: Tensor) -> None:
    """A wave along a flag's cloth, growing towards its free edge."""
    for index, bone in enumerate(CLOTH):
        pose.turn(bone, Z, (0.25 + 0.12 * index) * (phase - 1.15 * index).sin())


def radial_limbs(body: Body) -> list[str]:
    return [f"{slot}_{side}" for slot in body.limbs for side in SIDES]


def has(body: Body, bone: str) -> bool:
    return bone in body.skeleton.heads


def bone_y(body: Body, bone: str) -> float:
    """How far back a joint is at rest, metres; 0 where there is none."""
    return body.skeleton.heads.get(bone, (0.0, 0.0, 0.0))[1]
