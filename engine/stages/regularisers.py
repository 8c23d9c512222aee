"""Terms that keep a scene solid, clean and smooth."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.config.stage import StageConfig
from engine.scene.field import Field
from engine.scene.mlp_field import MlpField
from engine.scene.render import Rendered
from engine.scene.skeleton import jerkiness, rigidity
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


# Names of the terms of rays.
RAY_TERMS = ("opacity_entropy", "sparsity", "density_entropy")


def ray_terms(rendered: Rendered, config: StageConfig, share: float, max_density: float) -> dict[str, Tensor]:
    """The weighted terms of a chunk's rays, by their settings' names. share: of each frame of each camera in all of them."""
    terms = {}
    if config.opacity_entropy:
        terms["opacity_entropy"] = config.opacity_entropy * share * opacity_entropy(rendered.opacity)
    if config.sparsity:
        terms["sparsity"] = config.sparsity * share * rendered.opacity.sum()
    if config.density_entropy:
        terms["density_entropy"] = config.density_entropy * share * solidity(rendered.density, max_density)
    return terms


def scene_terms(field: Field | MlpField, config: StageConfig) -> dict[str, Tensor]:
    """The weighted terms of the scene itself, by their settings' names; those of what does not move are left out."""
    terms = {}
    if config.total_variation:
        terms["total_variation"] = config.total_variation * total_variation(field)
    if config.time_smoothness:
        terms["time_smoothness"] = config.time_smoothness * time_smoothness(field)
    if config.time_variation:
        terms["time_variation"] = config.time_variation * time_variation(field)
    if config.rates.trajectory and field.trajectory is not None:
        terms["trajectory_jitter"] = config.trajectory_jitter * trajectory_jitter(field.trajectory)
        terms["trajectory_offset"] = config.trajectory_offset * trajectory_offset(field.trajectory)
    if config.rates.skeleton and field.skeleton is not None and field.skeleton.is_laid_out:
        terms["skeleton_rigidity"] = config.skeleton_rigidity * rigidity(field.skeleton)
        terms["skeleton_jerkiness"] = config.skeleton_jerkiness * jerkiness(field.skeleton)
    return terms
