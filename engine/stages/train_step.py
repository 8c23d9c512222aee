"""What all stages share: render, ask the guidance, back-propagate, regularise, step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.config.quality import StageSettings
from engine.contract.errors import DivergedError
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render_and_follow
from engine.stages.reference_view import follow_reference
from engine.stages.regularisers import (
    chunk_penalty,
    time_smoothness,
    time_variation,
    total_variation,
    trajectory_jitter,
    trajectory_offset,
)
from engine.stages.train_state import Scene

Metrics = dict[str, float]


def distil_view(
    scene: Scene, view: View, gradient: Callable[[Tensor], Tensor], settings: StageSettings, occupancy: Occupancy | None = None
) -> Metrics:
    """One optimiser step that follows `gradient` of the rendered images [cameras, frames, 3, size, size].

    occupancy: of the view's frames, if they are not the scene's own. Returns "gradient", the root mean square of the image
    gradient per pixel; "opacity", the mean; "motion", see `motion_energy`; "reference", see
    `follow_reference`, where the scene has one. Raises DivergedError, with the scene as it was,
    where a gradient is not finite.
    """
    scene.optimiser.zero_grad(set_to_none=True)
    moving = 0.0

    def ask(images: Tensor) -> Tensor:
        nonlocal moving
        moving = motion_energy(images)
        wanted = gradient(images)
        _check_finite([wanted], "the model's gradient of the images")
        return wanted

    share = 1 / (len(view.cameras) * len(view.times))
    penalty = chunk_penalty(
        settings.entropy * share, settings.sparsity * share, settings.solid * share, scene.field.shape.max_density
    )
    image_gradient, opacity = render_and_follow(scene.field, occupancy or scene.occupancy, view, ask, penalty)
    metrics = {}
    if scene.reference is not None and settings.reference:
        metrics["reference"] = follow_reference(scene, scene.reference, settings)
    smooth = settings.variation * total_variation(scene.field)
    if settings.smoothness:
        smooth = smooth + settings.smoothness * time_smoothness(scene.field)
    if settings.time_variation:
        smooth = smooth + settings.time_variation * time_variation(scene.field)
    if settings.rates.trajectory and scene.field.trajectory is not None:
        smooth = smooth + settings.trajectory_jitter * trajectory_jitter(scene.field.trajectory)
        smooth = smooth + settings.trajectory_offset * trajectory_offset(scene.field.trajectory)
    if smooth.requires_grad:
        smooth.backward()
    _check_finite([p.grad for p in scene.field.parameters() if p.grad is not None], "the scene's gradient")
    scene.optimiser.step()
    gradient_size = float(image_gradient.square().mean().sqrt())
    return {"gradient": gradient_size, "opacity": float(opacity.mean()), "motion": moving, **metrics}


def motion_energy(images: Tensor) -> float:
    """Mean absolute difference of neighbouring frames of images [cameras, frames, 3, size, size]; 0 of a single frame."""
    return float(images.diff(dim=1).abs().mean()) if images.shape[1] > 1 else 0.0


def _check_finite(tensors: list[Tensor], name: str) -> None:
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        raise DivergedError(f"{name} is no longer finite")
