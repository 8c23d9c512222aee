"""Skeletons: one set of joint names for all bodies, and the joints' places in a pose.

A bone is named by the joint at its head and carries what hangs from it. At rest all bones have the body's axes (front -Y, up
+Z, left +X), so a pose is one rotation vector a bone about its head, in its parent's axes, and a shift of the whole body.
The spine runs hips, waist, chest, neck, head, face; a tail has three joints; a limb has three joints, and sits in one of
eight slots: fore, hind, mid and far, left and right. Arms, wings, fins and claws take the fore slots, so that a motion
that is learned on one body is known for another.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.models.world.solids import Vector

SLOTS = ("fore", "hind", "mid", "far")
SIDES = {"left": 1.0, "right": -1.0}
LIMBS = tuple(f"{slot}_{side}" for slot in SLOTS for side in SIDES)
JOINTS = (
    "hips", "waist", "chest", "neck", "head", "face", "crown", "tail_1", "tail_2", "tail_3",
    *(f"{limb}_{joint}" for limb in LIMBS for joint in (1, 2, 3)),
)  # fmt: skip

# Joints in the order in which they follow each other from the middle outwards; the crown ends a branch of the spine.
SPINE, TAIL = ("hips", "waist", "chest", "neck", "head", "face"), ("hips", "tail_1", "tail_2", "tail_3")


@dataclass(frozen=True)
class Skeleton:
    """heads: of the bones at rest, metres, parents before children. parents: None for the root."""

    heads: dict[str, Vector]
    parents: dict[str, str | None]

    def __post_init__(self) -> None:
        seen: set[str | None] = {None}
        for name, parent in self.parents.items():
            if name not in JOINTS or parent not in seen:
                raise ValueError(f"bone {name} under {parent}: not a joint, or it comes before its parent")
            seen.add(name)

    def direction(self, name: str, tip: str) -> Tensor:
        """Unit vector from one joint to another at rest, [3]."""
        return torch.nn.functional.normalize(torch.tensor(self.heads[tip]) - torch.tensor(self.heads[name]), dim=0)


@dataclass
class Pose:
    """turns: rotation vectors of bones about their heads [moments, 3], radians; shift of the body [moments, 3], metres."""

    moments: int
    turns: dict[str, Tensor] = field(default_factory=dict)
    shift: Tensor | None = None

    def turn(self, bone: str, axis: Vector | Tensor, angle: Tensor) -> None:
        """Adds a turn by `angle` [moments] about `axis` [3], a unit vector in the parent's axes."""
        vector = angle[:, None] * torch.as_tensor(axis, dtype=angle.dtype)
        self.turns[bone] = self.turns[bone] + vector if bone in self.turns else vector

    def move(self, axis: Vector, by: Tensor) -> None:
        """Adds a shift of the whole body along `axis`, `by` [moments] metres."""
        vector = by[:, None] * torch.tensor(axis)
        self.shift = vector if self.shift is None else self.shift + vector


@dataclass(frozen=True)
class PosedBones:
    """Rotations [moments, bones, 3, 3] from rest to posed, heads posed [moments, bones, 3] and at rest [bones, 3]."""

    names: tuple[str, ...]
    rotations: Tensor
    heads: Tensor
    rest: Tensor


def posed(skeleton: Skeleton, pose: Pose) -> PosedBones:
    """Where `pose` puts the bones. Turns of bones that the skeleton lacks are left out."""
    names, rotations, heads = tuple(skeleton.parents), {}, {}
    for name in names:
        parent, rest = skeleton.parents[name], torch.tensor(skeleton.heads[name])
        if parent is None:
            above, head = torch.eye(3).expand(pose.moments, 3, 3), rest.expand(pose.moments, 3)
            head = head if pose.shift is None else head + pose.shift
        else:
            above = rotations[parent]
            head = heads[parent] + above @ (rest - torch.tensor(skeleton.heads[parent]))
        rotations[name] = above @ rotation_matrix(pose.turns[name]) if name in pose.turns else above
        heads[name] = head
    rest = torch.tensor([skeleton.heads[name] for name in names])
    return PosedBones(names, torch.stack(list(rotations.values()), 1), torch.stack(list(heads.values()), 1), rest)


def joint_places(bones: PosedBones) -> tuple[Tensor, Tensor]:
    """The joints by JOINTS: places [moments, joints, 3], zero where there is none, and which there are, [joints]."""
    places = torch.zeros(len(bones.heads), len(JOINTS), 3)
    used = torch.zeros(len(JOINTS), dtype=torch.bool)
    index = [JOINTS.index(name) for name in bones.names]
    places[:, index], used[index] = bones.heads, True
    return places, used


def sticks(places: Tensor, used: Tensor) -> list[tuple[int, int, int]]:
    """What joints are joined by, from the middle outwards: two joints' indices, and which stick before it the stick hangs on,
    -1 for none. places [joints, 3] at rest, used [joints].

    A body that lacks a joint of a row goes on to the next. A limb hangs on the stick of the spine that is nearest to where it
    begins.
    """
    found: list[tuple[int, int, int]] = []

    def join(names: tuple[str, ...], above: int) -> None:
        row = [index for name in names if used[index := JOINTS.index(name)]]
        for pair in itertools.pairwise(row):
            found.append((*pair, above))
            above = len(found) - 1

    join(SPINE, -1)
    spine = len(found)
    if used[JOINTS.index("crown")] and spine:
        found.append((found[spine - 1][0], JOINTS.index("crown"), found[spine - 1][2]))
    join(TAIL, -1)
    for limb in LIMBS:
        joints = tuple(f"{limb}_{number}" for number in (1, 2, 3))
        begin = places[JOINTS.index(joints[0])]
        apart = [float(along(begin[None], places[first], places[second])[0]) for first, second, _ in found[:spine]]
        join(joints, apart.index(min(apart)) if apart else -1)
    return found


def along(points: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """How far points [N, 3] are from the line between two places [3], metres; at which share of it they are nearest, [N]."""
    line = second - first
    share = ((points - first) @ line / line.square().sum().clamp(min=1e-12)).clamp(0, 1)
    return (points - first - share[:, None] * line).norm(dim=-1), share


def rotation_matrix(vectors: Tensor) -> Tensor:
    """Rotations by the lengths of `vectors` [N, 3] about their directions, [N, 3, 3]."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    return torch.linalg.matrix_exp(torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).view(-1, 3, 3))
