"""One optimiser step, as all stages take it: render, ask the guidance, back-propagate, regularise, step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from engine.config.stage import StageConfig
from engine.contract.errors import DivergedError
from engine.scene.frozen.posed import POSED_CHUNK, pose
from engine.scene.occupancy import Occupancy
from engine.scene.render import Rendered, View, render_and_backward
from engine.stages.gradient_norms import GradientNorms
from engine.stages.reference_view import follow_reference
from engine.stages.regularisers import ray_terms, scene_terms
from engine.stages.train_state import TrainState

Metrics = dict[str, float]


def train_step(
    state: TrainState, view: View, gradient: Callable[[Tensor], Tensor], config: StageConfig, occupancy: Occupancy | None = None
) -> Metrics:
    """One optimiser step that follows `gradient` of the rendered images [cameras, frames, 3, size, size].

    occupancy: of the view's frames, if they are not the scene's own. Returns "gradient", the root mean square of the image
    gradient per pixel; "opacity", the mean; "motion", see `motion_energy`; "reference", see
    `follow_reference`, where the scene has one; and where the state says so, see `GradientNorms`. Raises
    DivergedError, with the scene as it was, where a gradient is not finite.
    """
    state.optimiser.zero_grad(set_to_none=True)
    motion, norms = 0.0, GradientNorms() if state.measures_norms else None

    def checked_gradient(images: Tensor) -> Tensor:
        nonlocal motion
        motion = motion_energy(images)
        image_gradient = gradient(images)
        _check_finite([image_gradient], "the model's gradient of the images")
        return image_gradient

    def penalty(rendered: Rendered, image: Tensor) -> Tensor:
        terms = ray_terms(rendered, config, 1 / (len(view.cameras) * len(view.times)), state.field.config.max_density)
        if norms is not None:
            norms.add_samples(terms, image, rendered.density)
        return sum(terms.values(), rendered.opacity.new_zeros(()))

    posed = pose(state.field, view.times)
    if posed is not None:
        # What is frozen can be neither penalised for what it is nor found in empty space.
        view = replace(view, empty_sample_prob=0.0, chunk_samples=POSED_CHUNK)
        image_gradient, opacity = render_and_backward(posed, posed.occupancy, view, checked_gradient)
        posed.back_propagate()
    else:
        image_gradient, opacity = render_and_backward(
            state.field, occupancy or state.occupancy, view, checked_gradient, penalty
        )
    metrics = {}
    if state.reference is not None and config.reference:
        metrics["reference"] = follow_reference(state, state.reference, config)
    terms = scene_terms(state.field, config)
    if norms is not None:
        norms.add_scene(terms, list(state.field.parameters()))
        metrics |= norms.as_metrics()
    smooth = sum(terms.values(), opacity.new_zeros(()))
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
