"""A frozen body in motion, made ready for rendering at the times of one step.

`Field.packed` asks the skeleton where each sample comes from in the body at rest: that is the plain form. Here it is asked at
the cells of a grid that the body is in, frame by frame, and samples are interpolated between; the body itself is read from the
baked grid. Which cells those are, and a first guess of what moves each, comes from moving the body's own cells forward.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from engine.scene.field import Field
from engine.scene.frozen.baked import BakedBody
from engine.scene.occupancy import Occupancy

# Cells a side of the scene.
RESOLUTION = 64
CELL = 2 / RESOLUTION
# Samples at once of a body that is read from grids: little memory each.
POSED_CHUNK = 2**22
# What cells without the body come from: far outside it.
NOWHERE = 3.0


class PosedBody:
    """A body at rest as the bones of `field` and its trajectory have it at `times` [F] in [0, 1].

    Renders as a field does: `packed`. `occupancy` has the cells that the body is in. Gradients stay at the grid until
    `back_propagate` takes them on to the skeleton and the trajectory, so that chunks of a picture can be taken one by one.
    """

    shares_space = False

    def __init__(self, field: Field, baked: BakedBody, times: Tensor) -> None:
        self.baked = baked
        came_from, self._low, shape = _splat(field, baked, times)
        near = _dilated(came_from)
        # Gaps where the body is stretched are closed: a cell counts whose neighbours all are near the body.
        self.occupancy = _occupancy(~_spread(near < 0), self._low)
        frames, *cell = near.ge(0).nonzero(as_tuple=True)
        places = (torch.stack(cell, 1) + self._low + 0.5) * CELL - 1
        weights = self.baked.held[near[(frames, *cell)]]
        self._rest = _rest(field, places, frames, times, weights)
        self._shape = len(times) * shape[0], *shape[1:]
        self._places = frames * shape[0] + cell[0], cell[1], cell[2]
        self._frame_width = shape[0]
        grid = self._rest.new_full((3, *self._shape), NOWHERE)
        grid[(slice(None), *self._places)] = self._rest.detach().T
        # Frames lie side by side along x; the empty cells round each keep them apart.
        self._grid = grid.requires_grad_(self._rest.requires_grad)

    def packed(self, points: Tensor, frames: Tensor, times: Tensor, which: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Density per metre [N] and sRGB colour [N, 3], as `Field.packed`. times: those that the body was posed at."""
        points = points if which is None else points[which]
        cells = (points + 1) / CELL - self._low
        cells = torch.cat([cells[:, :1] + (frames * self._frame_width)[:, None], cells[:, 1:]], 1)
        at = 2 * cells / cells.new_tensor(self._shape) - 1
        rest = grid_sample(self._grid[None], at.flip(-1)[None, :, None, None], align_corners=False)[0, :, :, 0, 0].T
        return self.baked.read(rest)

    def back_propagate(self) -> None:
        """Takes the gradients that have gathered at the grid on to what moves the body."""
        if self._grid.grad is not None:
            self._rest.backward(self._grid.grad[(slice(None), *self._places)].T)
            self._grid.grad = None


def pose(field: Field, times: Tensor) -> PosedBody | None:
    """The body of `field` posed at `times`, or None where it is not frozen or has no bones."""
    ready = field.baked is not None and field.skeleton is not None and field.skeleton.is_laid_out
    return PosedBody(field, field.baked, times) if ready else None


@torch.no_grad()
def _splat(field: Field, baked: BakedBody, times: Tensor) -> tuple[Tensor, Tensor, tuple[int, int, int]]:
    """Which of the body's own cells is in each cell of the scene, -1 for none, [F, x, y, z] over the part of the scene that the
    body reaches; and that part's lowest cell [3] and its shape."""
    frames = len(times)
    blended = torch.einsum("mk,fkij->fmij", baked.held, field.skeleton.transforms(times))
    posed = torch.einsum("fmij,mj->fmi", blended[..., :3], baked.cells) + blended[..., 3]
    if field.trajectory is not None:
        centre, rotation, scale = field.trajectory.placement(times)
        posed = torch.einsum("fij,fmj->fmi", rotation * scale[:, None], posed) + centre[:, None]
    cell = ((posed + 1) / CELL).floor().long()
    inside = ((cell >= 0) & (cell < RESOLUTION)).all(-1)
    seen = cell[inside] if inside.any() else cell.new_tensor([[RESOLUTION // 2] * 3])
    # Two cells round what the body reaches are empty: one for the nodes beside it, one between frames.
    low, high = seen.amin(0) - 2, seen.amax(0) + 3
    shape = tuple((high - low).tolist())
    found = torch.full((frames, *shape), -1, dtype=torch.int32, device=posed.device).flatten()
    frame, own = inside.nonzero(as_tuple=True)
    x, y, z = (cell[inside] - low).T
    row = ((frame * shape[0] + x) * shape[1] + y) * shape[2] + z
    found.scatter_reduce_(0, row, own.int(), "amax")
    return found.view(frames, *shape), low, shape


def _dilated(index: Tensor) -> Tensor:
    """The same with the greatest index of its neighbours in each empty cell, [F, x, y, z]."""
    return torch.where(index >= 0, index, _spread(index)).long()


def _spread(values: Tensor) -> Tensor:
    """The greatest of each cell's values and its neighbours', [F, x, y, z], axis by axis."""
    for axis in (1, 2, 3):
        around, count = values.clone(), values.shape[axis] - 1
        for first, second in ((0, 1), (1, 0)):
            own, other = around.narrow(axis, first, count), values.narrow(axis, second, count)
            torch.maximum(own, other, out=own)
        values = around
    return values


def _occupancy(held: Tensor, low: Tensor) -> Occupancy:
    occupancy = Occupancy(RESOLUTION)
    bits = held.new_zeros(len(held), *[RESOLUTION] * 3)
    within = [slice(max(-int(first), 0), size - max(int(first) + size - RESOLUTION, 0))
              for first, size in zip(low, held.shape[1:], strict=True)]  # fmt: skip
    there = [slice(int(first) + own.start, int(first) + own.stop) for first, own in zip(low, within, strict=True)]
    bits[:, there[0], there[1], there[2]] = held[:, within[0], within[1], within[2]]
    occupancy.bits = bits
    return occupancy


def _rest(field: Field, places: Tensor, frames: Tensor, times: Tensor, weights: Tensor) -> Tensor:
    """Places of the body at rest [N, 3] that are at `places` [N, 3] in `frames` [N], given first guesses of the weights."""
    if field.trajectory is not None:
        places = field.trajectory.to_body(places, frames, times)
    return field.skeleton.to_rest(places, frames, times, weights)
