"""What all stages share: render, ask the guidance, back-propagate, regularise, step."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from engine.scene.render import View, render_and_follow
from engine.settings import StageSettings
from engine.stages.regularisers import chunk_penalty, time_smoothness, total_variation, trajectory_jitter, trajectory_offset
from engine.stages.scene import Scene

Metrics = dict[str, float]


def distil_view(
    scene: Scene, view: View, gradient: Callable[[Tensor], Tensor], settings: StageSettings
) -> Metrics:
    """One optimiser step that follows `gradient` of the rendered images [cameras, frames, 3, size, size].

    Returns the root mean square of the image gradient and the mean opacity.
    """
    scene.optimiser.zero_grad(set_to_none=True)
    share = 1 / (len(view.cameras) * len(view.times))
    penalty = chunk_penalty(
        settings.entropy * share, settings.sparsity * share, settings.solid * share, scene.field.shape.max_density
    )
    image_gradient, opacity = render_and_follow(scene.field, scene.occupancy, view, gradient, penalty)
    smooth = settings.variation * total_variation(scene.field)
    if settings.smoothness:
        smooth = smooth + settings.smoothness * time_smoothness(scene.field)
    if settings.rates.trajectory:
        smooth = smooth + settings.trajectory_jitter * trajectory_jitter(scene.field.trajectory)
        smooth = smooth + settings.trajectory_offset * trajectory_offset(scene.field.trajectory)
    if smooth.requires_grad:
        smooth.backward()
    scene.optimiser.step()
    return {"gradient": float(image_gradient.square().mean().sqrt()), "opacity": float(opacity.mean())}
