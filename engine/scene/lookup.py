"""Interpolated lookups in planes and lines as one weighted gather-sum.

A point's feature is a sum of texels times weights, so all planes, lines and levels are read by a single `embedding_bag`
over one table. Texels sit at the ends of [-1, 1] in space (align_corners) and at frame centres in time.
"""

from __future__ import annotations

import warnings

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")

# Axes (first, second) of the space planes XY, XZ, YZ, and the axis that each one's time plane (ZT, YT, XT) adds.
PLANE_AXES = ((0, 1), (0, 2), (1, 2))
TIME_AXIS = (2, 1, 0)


def line_taps(coordinate: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Two-tap linear interpolation of `resolution` texels over [-1, 1]; clamped at the ends.

    coordinate [P] -> lower texel index int32 [P], weight of the upper texel [P].
    """
    position = ((coordinate + 1) * 0.5 * (resolution - 1)).clamp(0, resolution - 1)
    lower = position.floor().clamp(max=resolution - 2)
    return lower.int(), position - lower


def space_taps(points: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Taps of the three space planes stored as rows [3 * resolution * resolution], second axis first.

    points [P, 3] -> rows int32 [P, 12], weights [P, 12].
    """
    lower, upper_weight = line_taps(points, resolution)
    rows, weights = [], []
    for plane, (first, second) in enumerate(PLANE_AXES):
        base = (plane * resolution + lower[:, second]) * resolution + lower[:, first]
        u, v = upper_weight[:, first], upper_weight[:, second]
        rows += [base, base + 1, base + resolution, base + resolution + 1]
        weights += [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v]
    return torch.stack(rows, -1), torch.stack(weights, -1)


def time_taps(points: Tensor, frames: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Taps of the three time planes already interpolated to lines, stored as rows [frames * 3 * resolution].

    points [P, 3], frames int32 [P] -> rows int32 [P, 6], weights [P, 6].
    """
    lower, upper_weight = line_taps(points, resolution)
    rows, weights = [], []
    for plane, axis in enumerate(TIME_AXIS):
        base = (frames * 3 + plane) * resolution + lower[:, axis]
        rows += [base, base + 1]
        weights += [1 - upper_weight[:, axis], upper_weight[:, axis]]
    return torch.stack(rows, -1), torch.stack(weights, -1)


def lines_at(planes: Tensor, times: Tensor) -> Tensor:
    """Time planes [3, T, R, C] interpolated at times [F] in [0, 1] -> lines [F, 3, R, C]. Texel i stands at (i + 1/2) / T."""
    steps = planes.shape[1]
    position = (times * steps - 0.5).clamp(0, steps - 1)
    lower = position.floor().clamp(max=max(steps - 2, 0)).long()
    weight = (position - lower).view(-1, 1, 1, 1).to(planes)
    upper = (lower + 1).clamp(max=steps - 1)
    by_time = planes.transpose(0, 1)
    return by_time[lower] * (1 - weight) + by_time[upper] * weight


def gather_sum(table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """table [rows, C], rows int32 [P, taps], weights [P, taps] -> [P, C]. Differentiable in table and weights."""
    return _GatherSum.apply(table, rows, weights)


class _GatherSum(torch.autograd.Function):
    """`embedding_bag` with a backward pass that fits each device.

    On the CPU the gradient of the table is a transposed sparse product, which scipy did 8.8 times faster than
    `embedding_bag`'s own backward (60,000 points, 36 taps, 32 channels, two cores); elsewhere it is a scatter-add.
    """

    @staticmethod
    def forward(ctx, table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
        weights = weights.to(table)
        ctx.save_for_backward(rows, weights, table if ctx.needs_input_grad[2] else table.new_zeros(0))
        ctx.table_rows = len(table)
        return torch.nn.functional.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, None, Tensor | None]:
        rows, weights, table = ctx.saved_tensors
        by_weight = _weight_gradient(table, rows, gradient) if ctx.needs_input_grad[2] else None
        if not ctx.needs_input_grad[0]:
            return None, None, by_weight
        points, taps = rows.shape
        if gradient.device.type == "cpu":
            starts = np.arange(0, points * taps + 1, taps, dtype=np.int32)
            matrix = scipy.sparse.csr_matrix(
                (weights.detach().reshape(-1).numpy(), rows.reshape(-1).numpy(), starts),
                shape=(points, ctx.table_rows),
            )
            return torch.from_numpy(matrix.T @ gradient.contiguous().numpy()), None, by_weight
        by_table = gradient.new_zeros(ctx.table_rows, gradient.shape[1])
        for tap in range(taps):
            by_table.index_add_(0, rows[:, tap], gradient * weights[:, tap, None])
        return by_table, None, by_weight


def _weight_gradient(table: Tensor, rows: Tensor, gradient: Tensor) -> Tensor:
    """Each tap's texel times its point's gradient: table [rows, C], rows [P, taps], gradient [P, C] -> [P, taps]."""
    if table.device.type == "cpu" and table.dtype == torch.float32:
        # A product of dense matrices wanted at few places: six times as fast as tap by tap (the same sizes, one core).
        taps = rows.shape[1]
        starts = torch.arange(0, rows.numel() + 1, taps, dtype=torch.int32)
        shape = (len(rows), len(table))
        places = torch.sparse_csr_tensor(starts, rows.reshape(-1), torch.zeros(rows.numel()), shape, check_invariants=False)
        return torch.sparse.sampled_addmm(places, gradient.contiguous(), table.T, beta=0.0).values().view(rows.shape)
    return torch.stack([(table[rows[:, tap]] * gradient).sum(-1) for tap in range(rows.shape[1])], 1)
