"""How a body's joints move, as far as a model of bodies says: what a skeleton's bones begin with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.models.world.skeleton import along, rotation_matrix, sticks
from engine.scene.trajectory import continuous_rotation_vectors

# A turn by less than this has no axis to speak of: its sine.
NO_AXIS = 1e-6
# Joints tell how far out a wheel's last joint is, and not how wide it is: half of that, metres, and how far it reaches beside.
HALF_WIDTH, REACH = 0.06, 1.15
# Hubs so near, metres, and axes whose cosine is so near 1, are one wheel's.
SAME = 0.05


@dataclass(frozen=True)
class Wheel:
    """What sticks sweep that go right round: hub [3], axis [3], a unit vector, radius in metres; and the sticks' numbers."""

    hub: Tensor
    axis: Tensor
    radius: float
    sticks: tuple[int, ...]

    def holds(self, points: Tensor) -> Tensor:
        """Which places [N, 3] are within it, [N]."""
        arm = points - self.hub
        along_axle = arm @ self.axis
        around = (arm - along_axle[:, None] * self.axis).norm(dim=1)
        return (along_axle.abs() < HALF_WIDTH) & (around < REACH * self.radius)


@dataclass(frozen=True)
class JointMotion:
    """In the axes of the scene in which the body is at rest, metres. rest [joints, 3]: in the pose in which the body is made;
    moved [frames, joints, 3]; used [joints]: which of the joints the body has. All by `engine.models.world.skeleton.JOINTS`."""

    rest: Tensor
    moved: Tensor
    used: Tensor

    @property
    def sticks(self) -> list[tuple[int, int, int]]:
        """See `engine.models.world.skeleton.sticks`."""
        return sticks(self.rest, self.used)

    def middles(self) -> Tensor:
        """Half way between joints that follow each other, [sticks, 3]: where bones are wanted."""
        ends = torch.tensor([stick[:2] for stick in self.sticks], device=self.rest.device)
        return self.rest[ends].mean(1)

    def carried(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Where the joints take places of the body [N, 3], [frames, N, 3], and how they turn it there, [frames, N, 3, 3]: with
        the nearest stick between two joints, of which there has to be one, that belongs to the same wheel or to none.

        A stick turns the shortest way from where the one that it hangs on takes it: joints tell nothing of a twist.
        """
        joined, wheels = self.sticks, self.wheels()
        apart, shares = self._along_sticks(points)
        own = _wheel_of_sticks(wheels, len(joined)).to(points.device)[:, None] == self.wheel_at(points)
        nearest = torch.where(own, apart, torch.inf).argmin(0)
        ends = torch.tensor([stick[:2] for stick in joined], device=points.device)[nearest]
        share, turn = shares.gather(0, nearest[None])[0, :, None], self._turns()[:, nearest]

        def on_stick(places: Tensor) -> Tensor:
            return places[..., ends[:, 0], :] * (1 - share) + places[..., ends[:, 1], :] * share

        return on_stick(self.moved) + torch.einsum("fnij,nj->fni", turn, points - on_stick(self.rest)), turn

    def wheel_at(self, points: Tensor) -> Tensor:
        """Which of its wheels places of the body [N, 3] are of, int [N], -1 for none: within it, and nearer to its sticks than
        to those of no wheel."""
        apart, wheels = self._along_sticks(points)[0], self.wheels()
        of_sticks = _wheel_of_sticks(wheels, len(apart)).to(points.device)
        still = apart[of_sticks < 0]
        found = torch.full((len(points),), -1, device=points.device)
        for number, wheel in enumerate(wheels):
            nearer = (apart[of_sticks == number].amin(0) < still.amin(0)) if len(still) else True
            found[wheel.holds(points) & nearer] = number
        # A body that is nothing but a wheel turns as one.
        return found if len(still) else found.clamp(min=0)

    def wheels(self) -> list[Wheel]:
        """What turns right round in the clip: a mill's sails are one wheel. Frames have to go evenly round the clip."""
        found: list[Wheel] = []
        turns = self._turns()
        for number, (first, second, _) in enumerate(self.sticks):
            around = continuous_rotation_vectors(torch.cat([turns[:, number], turns[:1, number]]))
            whole = around[-1] - around[0]
            if float(whole.norm()) < math.pi:
                continue
            axis, hub = whole / whole.norm(), self.moved[:, [first, second]].mean((0, 1))
            arms = self.rest[[first, second]] - hub
            radius = float(torch.linalg.cross(arms, axis.expand(2, 3)).norm(dim=1).max())
            for place, each in enumerate(found):
                if bool(((each.hub - hub).norm() < SAME) & (each.axis @ axis > 1 - SAME)):
                    found[place] = Wheel(each.hub, axis, max(each.radius, radius), (*each.sticks, number))
                    break
            else:
                found.append(Wheel(hub, axis, radius, (number,)))
        return found

    def without(self, wheels: list[Wheel]) -> JointMotion:
        """The same motion but for some wheels, which stand."""
        moved = self.moved.clone()
        for number in (number for wheel in wheels for number in wheel.sticks):
            ends = list(self.sticks[number][:2])
            moved[:, ends] = self.rest[ends]
        return replace(self, moved=moved)

    def _along_sticks(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """See `engine.models.world.skeleton.along`, for each stick at rest, [sticks, N] each."""
        found = [along(points, self.rest[first], self.rest[second]) for first, second, _ in self.sticks]
        return tuple(torch.stack(each) for each in zip(*found, strict=True))

    def _turns(self) -> Tensor:
        """How each stick is turned, [frames, sticks, 3, 3]."""
        turns: list[Tensor] = []
        for first, second, above in self.sticks:
            carrier = turns[above] if above >= 0 else torch.eye(3).to(self.rest).expand(len(self.moved), 3, 3)
            line, moved = self.rest[second] - self.rest[first], self.moved[:, second] - self.moved[:, first]
            turns.append(_shortest_turn(carrier @ line, moved) @ carrier)
        return torch.stack(turns, 1)


def _wheel_of_sticks(wheels: list[Wheel], count: int) -> Tensor:
    """Which wheel each of `count` sticks is of, int [count]; -1 for none."""
    found = torch.full((count,), -1)
    for number, wheel in enumerate(wheels):
        found[list(wheel.sticks)] = number
    return found


def _shortest_turn(first: Tensor, second: Tensor) -> Tensor:
    """The rotations [N, 3, 3] by the least angle from the directions of `first` to those of `second` [N, 3]."""
    first, second = (torch.nn.functional.normalize(vector, dim=-1) for vector in (first, second))
    axis, cosine = torch.linalg.cross(first, second), (first * second).sum(-1)
    sine = axis.norm(dim=-1)
    # Back to front, any axis across will do.
    across = torch.linalg.cross(first, torch.eye(3).to(first)[first.abs().argmin(-1)])
    axis = torch.where((sine < NO_AXIS)[:, None], across, axis)
    return rotation_matrix(torch.nn.functional.normalize(axis, dim=-1) * torch.atan2(sine, cosine)[:, None])
