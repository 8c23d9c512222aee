"""How a body's joints move, as far as a model of bodies says: what a skeleton's bones begin with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.world.skeleton import along, rotation_matrix, sticks

# A turn by less than this has no axis to speak of: its sine.
NO_AXIS = 1e-6


@dataclass(frozen=True)
class LimbMotion:
    """In the axes of the scene in which the body is at rest, metres. rest [joints, 3]: in the pose in which the body is made;
    moved [frames, joints, 3].
    used [joints]: which of the joints the body has. All by `engine.models.world.skeleton.JOINTS`."""

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
        the nearest stick between two joints, of which there has to be one.

        A stick turns the shortest way from where the one that it hangs on takes it: joints tell nothing of a twist.
        """
        joined = self.sticks
        apart, shares = zip(*(along(points, self.rest[first], self.rest[second]) for first, second, _ in joined), strict=True)
        nearest = torch.stack(apart).argmin(0)
        turns: list[Tensor] = []
        for first, second, above in joined:
            carrier = turns[above] if above >= 0 else torch.eye(3).to(points).expand(len(self.moved), 3, 3)
            line, moved = self.rest[second] - self.rest[first], self.moved[:, second] - self.moved[:, first]
            turns.append(_shortest_turn(carrier @ line, moved) @ carrier)
        turn = torch.stack(turns, 1)[:, nearest]
        ends = torch.tensor([stick[:2] for stick in joined], device=points.device)[nearest]
        share = torch.stack(shares).gather(0, nearest[None])[0, :, None]

        def on_stick(places: Tensor) -> Tensor:
            return places[..., ends[:, 0], :] * (1 - share) + places[..., ends[:, 1], :] * share

        return on_stick(self.moved) + torch.einsum("fnij,nj->fni", turn, points - on_stick(self.rest)), turn


def _shortest_turn(first: Tensor, second: Tensor) -> Tensor:
    """The rotations [N, 3, 3] by the least angle from the directions of `first` to those of `second` [N, 3]."""
    first, second = (torch.nn.functional.normalize(vector, dim=-1) for vector in (first, second))
    axis, cosine = torch.linalg.cross(first, second), (first * second).sum(-1)
    sine = axis.norm(dim=-1)
    # Back to front, any axis across will do.
    across = torch.linalg.cross(first, torch.eye(3).to(first)[first.abs().argmin(-1)])
    axis = torch.where((sine < NO_AXIS)[:, None], across, axis)
    return rotation_matrix(torch.nn.functional.normalize(axis, dim=-1) * torch.atan2(sine, cosine)[:, None])
