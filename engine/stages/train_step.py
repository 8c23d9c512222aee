"""One optimiser step, as all stages take it: render, ask the guidance, back-propagate, regularise, step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from engine.config.stage import StageConfig
from engine.contract.errors import DivergedError
from engine.scene.occupancy import Occupancy
from engine.scene.posed import pose
from engine.scene.render import View, render_and_backward
from engine.scene.skeleton import jerkiness, rigidity
from engine.stages.reference_view import follow_reference
from engine.stages.regularisers import (
    chunk_penalty,
    time_smoothness,
    time_variation,
    total_variation,
    trajectory_jitter,
    trajectory_offset,
)
from engine.stages.train_state import TrainState

Metrics = dict[str, float]
# Samples at once of a body that is read from grids: little memory each.
POSED_CHUNK = 2**22


def train_step(
    state: TrainState, view: View, gradient: Callable[[Tensor], Tensor], config: StageConfig, occupancy: Occupancy | None = None
) -> Metrics:
    """One optimiser step that follows `gradient` of the rendered images [cameras, frames, 3, size, size].

    occupancy: of the view's frames, if they are not the scene's own. Returns "gradient", the root mean square of the image
    gradient per pixel; "opacity", the mean; "motion", see `motion_energy`; "reference", see
    `follow_reference`, where the scene has one. Raises DivergedError, with the scene as it was,
    where a gradient is not finite.
    """
    state.optimiser.zero_grad(set_to_none=True)
    motion = 0.0

    def checked_gradient(images: Tensor) -> Tensor:
        nonlocal motion
        motion = motion_energy(images)
        image_gradient = gradient(images)
        _check_finite([image_gradient], "the model's gradient of the images")
        return image_gradient

    posed = pose(state.field, view.times)
    if posed is not None:
        # What is frozen can be neither penalised for what it is nor found in empty space.
        view = replace(view, empty_sample_prob=0.0, chunk_samples=POSED_CHUNK)
        image_gradient, opacity = render_and_backward(posed, posed.occupancy, view, checked_gradient)
        posed.back_propagate()
    else:
        share = 1 / (len(view.cameras) * len(view.times))
        weights = (weight * share for weight in (config.opacity_entropy, config.sparsity, config.density_entropy))
        penalty = chunk_penalty(*weights, state.field.config.max_density)
        image_gradient, opacity = render_and_backward(
            state.field, occupancy or state.occupancy, view, checked_gradient, penalty
        )
    metrics = {}
    if state.reference is not None and config.reference:
        metrics["reference"] = follow_reference(state, state.reference, config)
    smooth = config.total_variation * total_variation(state.field)
    if config.time_smoothness:
        smooth = smooth + config.time_smoothness * time_smoothness(state.field)
    if config.time_variation:
        smooth = smooth + config.time_variation * time_variation(state.field)
    if config.rates.trajectory and state.field.trajectory is not None:
        smooth = smooth + config.trajectory_jitter * trajectory_jitter(state.field.trajectory)
        smooth = smooth + config.trajectory_offset * trajectory_offset(state.field.trajectory)
    if config.rates.skeleton and state.field.skeleton is not None and state.field.skeleton.is_laid_out:
        smooth = smooth + config.skeleton_rigidity * rigidity(state.field.skeleton)
        smooth = smooth + config.skeleton_jerkiness * jerkiness(state.field.skeleton)
    if smooth.requires_grad:
        smooth.backward()
    _check_finite([p.grad for p in state.field.parameters() if p.grad is not None], "the scene's gradient")
    _normalise(state.field.groups()["skeleton"])
    state.optimiser.step()
    gradient_size = float(image_gradient.square().mean().sqrt())
    return {"gradient": gradient_size, "opacity": float(opacity.mean()), "motion": motion, **metrics}


def motion_energy(images: Tensor) -> float:
    """Mean absolute difference of neighbouring frames of images [cameras, frames, 3, size, size]; 0 of a single frame."""
    return float(images.diff(dim=1).abs().mean()) if images.shape[1] > 1 else 0.0


def _normalise(parameters: list[torch.nn.Parameter]) -> None:
    """Gradients in units of their root mean square; see `make_optimiser`."""
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad /= parameter.grad.square().mean().sqrt().clamp(min=1e-20)


def _check_finite(tensors: list[Tensor], name: str) -> None:
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        raise DivergedError(f"{name} is no longer finite")
