"""One optimiser step, as all stages take it: render, ask the guidance, back-propagate, add up over ranks, regularise, step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    norms = GradientNorms() if state.measures_norms else None
    seen = _Seen()

    def seen_gradient(images: Tensor) -> Tensor:
        image_gradient = gradient(images)
        seen.take(images, image_gradient)
        return image_gradient

    def penalty(rendered: Rendered, image: Tensor) -> Tensor:
        terms = ray_terms(rendered, config, 1 / (len(view.cameras) * len(view.times)), state.field.config.max_density)
        if norms is not None:
            norms.add_samples(terms, image, rendered.density)
        return sum(terms.values(), rendered.opacity.new_zeros(()))

    if len(view.own):
        posed = pose(state.field, view.times)
        if posed is not None:
            # What is frozen can be neither penalised for what it is nor found in empty space.
            view = replace(view, empty_sample_prob=0.0, chunk_samples=POSED_CHUNK)
            _, opacity = render_and_backward(posed, posed.occupancy, view, seen_gradient)
            posed.back_propagate()
        else:
            _, opacity = render_and_backward(state.field, occupancy or state.occupancy, view, seen_gradient, penalty)
        seen.opacity = float(opacity.mean())
    metrics = {}
    if state.reference is not None and config.reference and state.share.leads:
        metrics["reference"] = follow_reference(state, state.reference, config)
    found = _sum_over_ranks(state, seen, view.own.fraction)
    if norms is not None:
        norms.sum_samples(state.share)
    terms = scene_terms(state.field, config)
    if norms is not None:
        norms.add_scene(terms, list(state.field.parameters()))
        metrics |= norms.as_metrics()
    smooth = sum(terms.values(), state.field.blob_width.new_zeros(()))
    if smooth.requires_grad:
        smooth.backward()
    _check_finite([p.grad for p in state.field.parameters() if p.grad is not None], "the scene's gradient")
    _normalise(state.field.groups()["skeleton"])
    state.optimiser.step()
    return found | metrics


@dataclass
class _Seen:
    """Of the images that a rank rendered. gradient: mean square of the image gradient; finite: whether it is all numbers;
    opacity: the mean; motion: see `motion_energy`."""

    gradient: float = 0.0
    finite: bool = True
    opacity: float = 0.0
    motion: float = 0.0

    def take(self, images: Tensor, image_gradient: Tensor) -> None:
        self.motion = motion_energy(images)
        self.finite = bool(torch.isfinite(image_gradient).all())
        self.gradient = float(image_gradient.square().mean())


def _sum_over_ranks(state: TrainState, seen: _Seen, fraction: float) -> Metrics:
    """Adds up the ranks' gradients of the scene's parameters, and returns the metrics of all images. fraction: of all cameras
    that this rank rendered, 0 to 1. Raises DivergedError, in all ranks, where an image gradient in one is not finite."""
    share = state.share
    free = [parameter for parameter in state.field.parameters() if parameter.requires_grad]
    moved = [float(parameter.grad is not None) for parameter in free]
    gradient, opacity, motion, infinite, *ranks = share.total(
        [*(fraction * value if seen.finite else 0.0 for value in (seen.gradient, seen.opacity, seen.motion)),
         float(not seen.finite), *moved]
    )  # fmt: skip
    if infinite:
        raise DivergedError("the model's gradient of the images is no longer finite")
    # What no rank has a gradient for stays without one: the optimiser leaves it where it is.
    there = [parameter for parameter, count in zip(free, ranks, strict=True) if count]
    for parameter in there:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    share.sum([parameter.grad for parameter in there])
    if share.size > 1:
        # A rank without cameras, or without the picture, has drawn less.
        state.generator.set_state(share.copied(state.generator.get_state()))
    return {"gradient": math.sqrt(gradient), "opacity": opacity, "motion": motion}


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
