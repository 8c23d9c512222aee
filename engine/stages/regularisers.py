"""Terms that keep a scene solid, clean and smooth."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.scene.field import Field
from engine.scene.render import Rendered
from engine.scene.trajectory import Trajectory


def opacity_entropy(opacity: Tensor) -> Tensor:
    """Binary entropy of ray opacities [...], summed: rays should hit or miss (stable-dreamfusion, 4D-fy)."""
    p = opacity.clamp(1e-4, 1 - 1e-4)
    return -(p * p.log() + (1 - p) * (1 - p).log()).sum()


def solidity(density: Tensor, max_density: float) -> Tensor:
    """Binary entropy of densities [N] in units of their maximum, summed: what is there should be solid."""
    return opacity_entropy(density / max_density)


def total_variation(field: Field) -> Tensor:
    """Mean squared difference of neighbouring texels in the space planes and along space in the time planes."""
    total = field.blob_width.new_zeros(())
    for planes in field.space:
        total = total + planes.diff(dim=1).square().mean() + planes.diff(dim=2).square().mean()
    for planes in field.time:
        total = total + planes.diff(dim=2).square().mean()
    return total


def time_smoothness(field: Field) -> Tensor:
    """Mean squared second difference of the time planes over time (K-Planes, section 3.2)."""
    return sum((planes.diff(n=2, dim=1).square().mean() for planes in field.time), field.blob_width.new_zeros(()))


def time_variation(field: Field) -> Tensor:
    """Mean squared difference of the time planes' neighbouring moments (MAV3D's temporal total variation, recalled)."""
    return sum((planes.diff(dim=1).square().mean() for planes in field.time), field.blob_width.new_zeros(()))


def trajectory_jitter(trajectory: Trajectory) -> Tensor:
    """Summed squared second differences over time of attitude and log size: a body turns and grows evenly. A place may jerk."""
    return sum(value.diff(n=2, dim=0).square().sum() for value in (trajectory.rotation, trajectory.log_scale))


def trajectory_offset(trajectory: Trajectory) -> Tensor:
    """Squared means over time of log size and of leaning (rotation about X and Y), summed over times.

    How large a body is and how it stands belong to the planes; the trajectory keeps what changes.
    """
    means = torch.cat([trajectory.log_scale.mean(0), trajectory.rotation[:, :2].mean(0)])
    return len(trajectory.log_scale) * means.square().sum()


def chunk_penalty(entropy: float, sparsity: float, solid: float, max_density: float):
    """A penalty for `render_and_backward`: weighted opacity entropy, total opacity and solidity, per ray."""

    def penalty(rendered: Rendered) -> Tensor:
        value = entropy * opacity_entropy(rendered.opacity) + sparsity * rendered.opacity.sum()
        if solid:
            value = value + solid * solidity(rendered.density, max_density)
        return value

    return penalty
