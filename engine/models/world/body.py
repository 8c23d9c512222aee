"""A body: solids on the bones of a skeleton, and the tone of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.models.world.skeleton import PosedBones, Skeleton
from engine.models.world.solids import Solid, Vector, capsule, mirrored, smooth_union

# Tone 0 is the prompt's colour, tone 1 its second colour; the rest are fixed sRGB colours.
PRIMARY, SECONDARY, BLACK, WHITE, ORANGE, CREAM, GLASS, RUBBER, PINK, STEM, WOOD, GOLD, METAL = range(13)
FIXED_TONES = {
    BLACK: (0.07, 0.07, 0.08),
    WHITE: (0.96, 0.96, 0.95),
    ORANGE: (0.95, 0.50, 0.10),
    CREAM: (0.92, 0.85, 0.72),
    GLASS: (0.30, 0.42, 0.52),
    RUBBER: (0.13, 0.13, 0.14),
    PINK: (0.95, 0.58, 0.62),
    STEM: (0.20, 0.52, 0.18),
    WOOD: (0.46, 0.29, 0.16),
    GOLD: (0.96, 0.78, 0.22),
    METAL: (0.62, 0.64, 0.68),
}
Tone = int | Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Part:
    """A solid in the body's axes at rest, moved by `bone`.

    tone: index of a tone, or a function from points [3, P] at rest to indices [P]. blend: metres over which the part flows
    into those before it, 0 for a sharp edge.
    """

    bone: str
    solid: Solid
    tone: Tone = PRIMARY
    blend: float = 0.04

    def mirror(self) -> Part:
        """The same on the body's other side."""
        tone = self.tone
        if callable(tone):
            return replace(self, bone=other_side(self.bone), solid=mirrored(self.solid), tone=mirrored(tone))
        return replace(self, bone=other_side(self.bone), solid=mirrored(self.solid))


@dataclass(frozen=True)
class Body:
    """limbs: what the limbs of a slot are ("leg", "arm", "wing", ...), by slot; motions ask it."""

    skeleton: Skeleton
    parts: tuple[Part, ...]
    limbs: dict[str, str]


def other_side(name: str) -> str:
    return name.replace("_left", "_right")


def pair(*parts: Part) -> tuple[Part, ...]:
    """Parts of the left side, and the same on the right."""
    return (*parts, *(part.mirror() for part in parts))


def limb(slot: str, first: Vector, second: Vector, third: Vector, parent: str) -> dict[str, tuple[str, Vector]]:
    """Bones of a pair of limbs given the left one's joints: name -> parent and head."""
    bones = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        above = parent
        for index, (x, y, z) in enumerate((first, second, third), 1):
            bones[f"{slot}_{side}_{index}"] = (above, (sign * x, y, z))
            above = f"{slot}_{side}_{index}"
    return bones


def stick(bone: str, start: Vector, end: Vector, radius: float, end_radius: float | None = None, **how) -> Part:
    """A round stick on a bone."""
    return Part(bone, capsule(start, end, radius, end_radius), **how)


def skeleton(bones: dict[str, tuple[str | None, Vector]]) -> Skeleton:
    return Skeleton({name: head for name, (_, head) in bones.items()}, {name: parent for name, (parent, _) in bones.items()})


def part_distances(body: Body, bones: PosedBones, moment: int, points: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Distances of every part from points [3, P] in the body's axes, [P] each; and the points at rest, by bone."""
    at_rest: dict[str, Tensor] = {}
    distances = []
    for part in body.parts:
        if part.bone not in at_rest:
            index = bones.names.index(part.bone)
            turned = bones.rotations[moment, index].to(points).T
            offset = bones.rest[index].to(points) - turned @ bones.heads[moment, index].to(points)
            at_rest[part.bone] = torch.addmm(offset[:, None], turned, points)
        distances.append(part.solid(at_rest[part.bone]))
    return distances, at_rest


def body_distance(body: Body, bones: PosedBones, moment: int, points: Tensor) -> Tensor:
    """Signed distance of the posed body from points [3, P] in its own axes, [P]."""
    distances, _ = part_distances(body, bones, moment, points)
    whole = distances[0]
    for part, distance in zip(body.parts[1:], distances[1:], strict=True):
        whole = smooth_union(whole, distance, part.blend)
    return whole


def body_tones(body: Body, bones: PosedBones, moment: int, points: Tensor) -> Tensor:
    """Tone index of the nearest part at points [3, P] of the surface, [P]."""
    distances, at_rest = part_distances(body, bones, moment, points)
    nearest = torch.stack(distances).argmin(0)
    tones = torch.empty_like(nearest)
    for index, part in enumerate(body.parts):
        chosen = nearest == index
        tones[chosen] = part.tone(at_rest[part.bone][:, chosen]) if callable(part.tone) else part.tone
    return tones
