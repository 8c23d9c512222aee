"""Bones that bend a body: where each place of the body at rest goes, and where each place in the world comes from.

Linear blend skinning with weights that live in the body at rest (on a grid), so that rendering, which goes from the world to
the body, and meshes, which go from the body to the world, use the very same ones. The way back is a fixed point (Chen et al.,
SNARF, ICCV 2021, section 3.2): weights are read at the present estimate of where a place comes from, which improves it.
"""

from __future__ import annotations

import copy
import itertools
import math

import torch
from torch import Tensor, nn

from engine.scene.frame_times import frame_times
from engine.scene.lookup import gather_sum, line_taps
from engine.scene.skinning_weights import SPREAD, BoneLayout
from engine.scene.trajectory import continuous_rotation_vectors, rotation_matrix

# Cells of the weights' grid at most.
CELLS = 48**3
UNUSED = 100.0
# Waves of more than so many periods in a clip are slow to be learned.
SLOW = 2.0
# Rounds of the fixed point. The first guess already has the right bones; each round mends what lies between them.
ROUNDS = 2


class Skeleton(nn.Module):
    """translation and rotation [numbers, bones, 3]: how much of each wave of `waves_over_time` is in where a bone is, metres,
    and in how it is turned about its own centre, a rotation vector in radians. All zero at first, which is the body at rest.

    Few numbers in time and not a pose a frame (CHORD's hierarchy in time): a pose that only a few noisy pictures speak for
    can't leave its neighbours, and what loops does so exactly. What turns right round, as a sail, does that evenly beneath its
    waves: `turns` [bones, 3], rotation vectors, a whole number of turns a clip. `is_laid_out` says whether there are bones yet;
    before, both ways are the identity.
    """

    def __init__(self, times: int, bones: int) -> None:
        super().__init__()
        self.harmonics = times // 2
        self.times = times
        numbers = 1 + 2 * self.harmonics
        self.translation, self.rotation = (nn.Parameter(torch.zeros(numbers, bones, 3)) for _ in range(2))
        self.register_buffer("centres", torch.zeros(bones, 3))
        self.register_buffer("turns", torch.zeros(bones, 3))
        # Of translation and rotation, what is the same at all times where bones begin with a motion.
        self.register_buffer("held", torch.zeros(2, bones, 3))
        # One row for each place of the grid, x slowest; what is left over is not used.
        self.register_buffer("weights", torch.zeros(CELLS, bones, dtype=torch.float16))
        # Where the grid's first and last place are, [2, 3], and how many it has along x, y, z.
        self.register_buffer("box", torch.tensor([[-1.0] * 3, [1.0] * 3]))
        self.register_buffer("shape", torch.tensor([round(CELLS ** (1 / 3))] * 3, dtype=torch.int32))
        self.register_buffer("neighbours", torch.zeros(bones, bones))

    @property
    def is_laid_out(self) -> bool:
        return bool(self.neighbours.any())

    def lay_out(self, layout: BoneLayout) -> None:
        """Takes the bones of `layout`, at most as many as there is room for, whose grid has CELLS at most. All at rest."""
        count = len(layout.centres)
        for name in ("centres", "turns", "held", "weights", "neighbours"):
            getattr(self, name).zero_()
        # Bones that are not used stand far away and hold nothing.
        self.centres[count:] = UNUSED
        self.centres[:count] = torch.from_numpy(layout.centres)
        weights = torch.from_numpy(layout.weights).flatten(1).T
        self.weights[: len(weights), :count] = weights
        self.box.copy_(torch.from_numpy(layout.box))
        self.shape.copy_(torch.tensor(layout.weights.shape[1:]))
        self.neighbours[:count, :count] = torch.from_numpy(layout.neighbours)
        for parameter in self.parameters():
            parameter.data.zero_()

    def about_rest(self) -> Skeleton:
        """The same motion about the body at rest: without what has become the same at all times since it began, by which a body
        that is not made as the model has it is bent towards that."""
        twin = copy.copy(self)
        twin._parameters = {name: nn.Parameter(value.detach().clone()) for name, value in self._parameters.items()}
        for parameter, held in zip((twin.translation, twin.rotation), self.held, strict=True):
            parameter.data[0] = held
        return twin

    def poses(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Translation and rotation vectors of the bones at times [F] in [0, 1], [F, bones, 3] each, but for whole turns."""
        waves = waves_over_time(times, self.harmonics).to(self.translation)
        return tuple(torch.einsum("fn,nkc->fkc", waves, value) for value in (self.translation, self.rotation))

    def placed(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Translation [F, bones, 3] and rotation [F, bones, 3, 3] of the bones at times [F] in [0, 1]."""
        shift, turn = self.poses(times)
        return shift, rotation_matrix(turn) @ rotation_matrix(times[:, None, None].to(turn) * self.turns)

    @torch.no_grad()
    def begin(self, times: Tensor, shift: Tensor, turn: Tensor) -> None:
        """Takes the motion in which bones are shifted by shift [F, bones, 3] and turned by turn [F, bones, 3, 3], as near as
        waves and whole turns come to it. times [F]: spread evenly over the clip, at least twice as many as there are numbers;
        from each to the next a bone turns less than half round."""
        count = turn.shape[1]
        for bone in range(count):
            around = continuous_rotation_vectors(torch.cat([turn[:, bone], turn[:1, bone]]))
            whole = around[-1] - around[0]
            self.turns[bone] = whole if float(whole.norm()) > math.pi else 0
        left = turn @ rotation_matrix(times[:, None, None].to(turn) * self.turns[:count]).mT
        vectors = torch.stack([continuous_rotation_vectors(left[:, bone]) for bone in range(count)], 1)
        waves = waves_over_time(times, self.harmonics).to(turn)
        for parameter, values, held in zip((self.translation, self.rotation), (shift, vectors), self.held, strict=True):
            parameter[:, :count] = torch.linalg.lstsq(waves, values.flatten(1)).solution.unflatten(1, (count, 3))
            held.copy_(parameter[0])

    def transforms(self, times: Tensor) -> Tensor:
        """Rest to posed at times [F] in [0, 1], [F, bones, 3, 4]: x goes to R (x - centre) + centre + translation."""
        shift, turn = self.placed(times)
        offset = self.centres + shift - torch.einsum("fkij,kj->fki", turn, self.centres)
        return torch.cat([turn, offset[..., None]], -1)

    def weights_at(self, points: Tensor) -> Tensor:
        """How much each bone holds places of the body at rest [N, 3], [N, bones]; they sum to 1."""
        rows, weights = self._grid_taps(points)
        found = gather_sum(self.weights.to(points), rows, weights)
        return found / found.sum(1, keepdim=True)

    def to_posed(self, points: Tensor, frames: Tensor, times: Tensor) -> Tensor:
        """Places of the body at rest [N, 3], the index of each one's frame [N], times [F] -> where they are then [N, 3]."""
        return _moved(_blended(self.weights_at(points), self.transforms(times), frames), points)

    def to_rest(self, points: Tensor, frames: Tensor, times: Tensor, weights: Tensor | None = None) -> Tensor:
        """The inverse of `to_posed`. Gradients flow through the bones' poses; the weights' own change with the place is left
        out, as it is small beside them. weights: a first guess, [N, bones]; by the nearest bones if left out."""
        transforms = self.transforms(times)
        with torch.no_grad():
            weights = self._nearest_bones(points, transforms, frames) if weights is None else weights
            for _ in range(ROUNDS):
                weights = self.weights_at(_unmoved(_blended(weights, transforms, frames), points))
        return _unmoved(_blended(weights, transforms, frames), points)

    def _grid_taps(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Linear interpolation between places of the weights' grid: rows int32 [N, 8] and weights [N, 8]; clamped outside."""
        along = 2 * (points - self.box[0]) / (self.box[1] - self.box[0]) - 1
        counts = self.shape.tolist()
        lower, share = zip(*(line_taps(along[:, axis], counts[axis]) for axis in range(3)), strict=True)
        base = (lower[0] * counts[1] + lower[1]) * counts[2] + lower[2]
        rows, weights = [], []
        for x, y, z in itertools.product((0, 1), repeat=3):
            rows.append(base + (x * counts[1] + y) * counts[2] + z)
            sides = (share[axis] if upper else 1 - share[axis] for axis, upper in enumerate((x, y, z)))
            weights.append(math.prod(sides))
        return torch.stack(rows, 1), torch.stack(weights, 1)

    def _nearest_bones(self, points: Tensor, transforms: Tensor, frames: Tensor) -> Tensor:
        """A first guess of the weights: by how far each posed bone's centre is, [N, bones]."""
        posed = torch.einsum("fkij,kj->fki", transforms[..., :3], self.centres) + transforms[..., 3]
        used = self.centres[self.centres[:, 0] < UNUSED]
        apart = torch.cdist(used, used) + 1e6 * torch.eye(len(used), device=points.device)
        sigma = SPREAD * apart.min(1).values.median().clamp(max=1.0)
        weights = points.new_empty(len(points), len(self.centres))
        for frame in range(len(posed)):
            own = frames == frame
            weights[own] = torch.softmax(-torch.cdist(points[own], posed[frame]).square() / (2 * sigma**2), -1)
        return weights


def rigidity(skeleton: Skeleton) -> Tensor:
    """How far neighbouring bones disagree on where each other's centre goes, squared, summed over bones and averaged over time
    (as rigid as possible: Sorkine and Alexa 2007). Bones that don't turn round together are no neighbours."""
    shift, turn = skeleton.placed(frame_times(skeleton.times).to(skeleton.centres))
    centres = skeleton.centres + shift
    offset = skeleton.centres[None] - skeleton.centres[:, None]
    predicted = torch.einsum("tkij,klj->tkli", turn, offset) + centres[:, :, None]
    error = (predicted - centres[:, None]).square().sum(-1)
    together = (skeleton.turns[:, None] == skeleton.turns).all(-1)
    return (skeleton.neighbours * together * error).sum() / len(turn)


def jerkiness(skeleton: Skeleton) -> Tensor:
    """Summed squared second differences over the frames of the bones' places and, a tenth, of their rotations; the last frame
    is followed by the first."""
    total = skeleton.translation.new_zeros(())
    for values, weight in zip(skeleton.poses(frame_times(skeleton.times)), (1.0, 0.1), strict=True):
        around = torch.cat([values[-1:], values, values[:1]])
        total = total + weight * around.diff(n=2, dim=0).square().sum()
    return total


def waves_over_time(times: Tensor, harmonics: int) -> Tensor:
    """One, and sines and cosines of whole multiples of the clip's angle at times [F] in [0, 1], [F, 1 + 2 harmonics].

    Short waves count less, so that they are learned later: with `Adam` a number's size is how fast it moves.
    """
    order = torch.arange(1, harmonics + 1, device=times.device)
    angle = 2 * math.pi * times[:, None] * order
    size = 1 / (1 + (order / SLOW) ** 2)
    return torch.cat([torch.ones_like(times)[:, None], size * angle.sin(), size * angle.cos()], 1)


def _blended(weights: Tensor, transforms: Tensor, frames: Tensor) -> Tensor:
    """Each sample's own transform: weights [N, bones], transforms [F, bones, 3, 4], frames [N] -> [N, 3, 4].

    By frame, as a product of matrices, since picking a transform for each sample and bone would take much memory; and put
    back with `embedding`, whose gradient does not depend on the order of threads.
    """
    order = frames.argsort(stable=True)
    counts = torch.bincount(frames, minlength=len(transforms)).tolist()
    flat = transforms.flatten(2)
    parts = [weights[rows] @ flat[frame] for frame, rows in enumerate(order.split(counts))]
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order), device=order.device)
    return nn.functional.embedding(back, torch.cat(parts)).unflatten(1, (3, 4))


def _moved(transform: Tensor, points: Tensor) -> Tensor:
    return torch.einsum("nij,nj->ni", transform[..., :3], points) + transform[..., 3]


def _unmoved(transform: Tensor, points: Tensor) -> Tensor:
    """The place that each transform [N, 3, 4] takes to `points` [N, 3], by Cramer's rule: far faster for so many small systems
    than a batched solver."""
    first, second, third, shift = transform.unbind(-1)
    goal = points - shift
    across = torch.linalg.cross(second, third)
    scale = 1 / (first * across).sum(-1)
    x = (goal * across).sum(-1) * scale
    y = (first * torch.linalg.cross(goal, third)).sum(-1) * scale
    z = (first * torch.linalg.cross(second, goal)).sum(-1) * scale
    return torch.stack([x, y, z], -1)
