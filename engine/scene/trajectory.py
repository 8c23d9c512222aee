"""How the scene as a whole moves: a place, an attitude and a size at every moment.

The planes of a HexPlane add what depends on (x, y) to what depends on (z, t), and so on, so a shape that is not a sum of such
terms can't travel through them without smearing. What the object does as one body is therefore taken out first, as TC4D
does (Bahmani et al., ECCV 2024) with a given spline; here it is optimised with the scene. The planes keep what is left.
"""

from __future__ import annotations

import copy
import math

import torch
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

# A body neither vanishes nor outgrows the scene.
MAX_LOG_SCALE = 0.8
# A rotation smaller than this, in radians, has no axis to speak of.
NO_TURN = 1e-3


class Trajectory(nn.Module):
    """translation [times, 3] in metres, rotation [times, 3] as rotation vectors in radians, log_scale [times, 3] along the
    body's own axes. Entry i stands at (i + 1/2) / times; all zero at first, which is identity."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.translation, self.rotation, self.log_scale = (nn.Parameter(torch.zeros(times, 3)) for _ in range(3))
        self._held: float | None = None

    def held(self, time: float) -> Trajectory:
        """The same parameters as a pose: in the middle and of its own size at all times, with the attitude and the proportions
        that it has at `time` in [0, 1]."""
        twin = copy.copy(self)
        twin._held = time
        return twin

    def about_size(self) -> Trajectory:
        """The same motion of a body that on average keeps the size that it has at rest."""
        twin = copy.copy(self)
        size = self.log_scale.detach()
        twin._parameters = {**self._parameters, "log_scale": nn.Parameter(size - size.mean(0))}
        return twin

    def placement(self, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """At times [F] in [0, 1]: centre [F, 3], rotation body to world [F, 3, 3], scale [F, 3]."""
        if self._held is not None:
            times = torch.full_like(times, self._held)
        centre, turn, log_scale = (
            interpolate_over_time(value, times) for value in (self.translation, self.rotation, self.log_scale)
        )
        if self._held is not None:
            centre, log_scale = torch.zeros_like(centre), log_scale - log_scale.mean(-1, keepdim=True)
        return centre, rotation_matrix(turn), log_scale.clamp(-MAX_LOG_SCALE, MAX_LOG_SCALE).exp()

    def to_body(self, points: Tensor, frames: Tensor, times: Tensor) -> Tensor:
        """World points [N, 3], the index of each one's frame [N], times [F] -> the same points in the body's axes [N, 3]."""
        centre, rotation, scale = self._of_samples(frames, times)
        return torch.einsum("nij,ni->nj", rotation, points - centre) / scale

    def to_world(self, points: Tensor, frames: Tensor, times: Tensor) -> Tensor:
        """The inverse of `to_body`."""
        centre, rotation, scale = self._of_samples(frames, times)
        return torch.einsum("nij,nj->ni", rotation, points * scale) + centre

    def _of_samples(self, frames: Tensor, times: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The placement at each sample's frame, [N, 3], [N, 3, 3], [N, 3].

        `embedding` and not an index: the gradient of an index is summed in whatever order threads come, and the same run
        would not give the same bits.
        """
        centre, rotation, scale = self.placement(times)
        rows = torch.nn.functional.embedding(frames, torch.cat([centre, scale, rotation.flatten(1)], 1))
        return rows[:, :3], rows[:, 6:].unflatten(1, (3, 3)), rows[:, 3:6]


def rotation_matrix(vector: Tensor) -> Tensor:
    """Rotation vectors [..., 3] to matrices [..., 3, 3] (Rodrigues)."""
    x, y, z = vector.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    return torch.linalg.matrix_exp(cross)


def continuous_rotation_vectors(rotation: Tensor) -> Tensor:
    """Rotation vectors [times, 3] of matrices [times, 3, 3], each by as many whole turns as bring it nearest to the one before:
    between them a trajectory is interpolated."""
    shortest = torch.from_numpy(Rotation.from_matrix(rotation.double().cpu().numpy()).as_rotvec()).to(rotation)
    found = [shortest[0]]
    for vector in shortest[1:]:
        before = found[-1]
        angle = vector.norm()
        axis = vector / angle if angle > NO_TURN else before / before.norm().clamp(min=NO_TURN)
        angle = angle if angle > NO_TURN else torch.zeros_like(angle)
        turns = torch.round((before @ axis - angle) / (2 * math.pi))
        found.append(axis * (angle + 2 * math.pi * turns))
    return torch.stack(found)


def interpolate_over_time(values: Tensor, times: Tensor) -> Tensor:
    """values [T, C] interpolated at times [F] in [0, 1], [F, C]; clamped at the ends. Entry i stands at (i + 1/2) / T."""
    steps = len(values)
    position = (times.to(values) * steps - 0.5).clamp(0, steps - 1)
    lower = position.floor().clamp(max=max(steps - 2, 0)).long()
    weight = (position - lower)[:, None]
    return values[lower] * (1 - weight) + values[(lower + 1).clamp(max=steps - 1)] * weight
