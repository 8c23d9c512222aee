"""What the world knows of a body in a limb motion: its joints, its solid and its tones, in the body's own axes.

Everything is by words: an object ("dog"), a limb motion ("running", or "resting"), a size ("" or "long", "fat", "tall"; "small"
and "large" are the placement's). `cycles` is how often the limb motion runs in the clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.world.bodies import BODIES
from engine.models.world.body import Body, body_distance, body_tones
from engine.models.world.gaits import GAITS
from engine.models.world.placements import TAU
from engine.models.world.skeleton import PosedBones, joint_places, posed

PROPORTIONS = {"long": (0.78, 1.1, 0.78), "fat": (1.2, 1.0, 0.92), "tall": (0.78, 0.78, 1.1)}


@dataclass(frozen=True)
class Moments:
    """A body at some moments; `scale` [3] along its axes. Points are given and returned as [P, 3]."""

    body: Body
    bones: PosedBones
    scale: Tensor

    @property
    def joints(self) -> tuple[Tensor, Tensor]:
        """Places [moments, joints, 3] by `skeleton.JOINTS`, and which are used, [joints]."""
        places, used = joint_places(self.bones)
        return places * self.scale, used

    def distance(self, moment: int, points: Tensor) -> Tensor:
        """Signed distance (a bound outside) at points [3, P], [P]; negative inside."""
        scale = self.scale.to(points)
        return body_distance(self.body, self.bones, moment, points / scale[:, None]) * scale.min()

    def tones(self, moment: int, points: Tensor) -> Tensor:
        """Tone index of the surface at points [3, P], [P]."""
        return body_tones(self.body, self.bones, moment, points / self.scale.to(points)[:, None])


def moments(name: str, gait: str, t: Tensor, size: str = "", cycles: int = 1) -> Moments:
    """The body at times [T] in [0, 1] of the clip."""
    body = BODIES[name]
    bones = posed(body.skeleton, GAITS[gait](body, TAU * cycles * t))
    return Moments(body, bones, torch.tensor(PROPORTIONS.get(size, (1.0, 1.0, 1.0))))


def joints(name: str, gait: str, t: Tensor, size: str = "", cycles: int = 1) -> tuple[Tensor, Tensor]:
    """Joints in the body's axes, [T, joints, 3] in metres, and which the body has, [joints]."""
    return moments(name, gait, t, size, cycles).joints


def distance(name: str, gait: str, t: float, points: Tensor, size: str = "", cycles: int = 1) -> Tensor:
    """Signed distance of the exact solid at one time from points [P, 3] in the body's axes, [P]."""
    return moments(name, gait, torch.tensor([t]), size, cycles).distance(0, points.T.contiguous())


def tones(name: str, gait: str, t: float, points: Tensor, size: str = "", cycles: int = 1) -> Tensor:
    """Index of the tone (`body.PRIMARY` ...) at surface points [P, 3] in the body's axes, [P]."""
    return moments(name, gait, torch.tensor([t]), size, cycles).tones(0, points.T.contiguous())
