"""The gradient of a reference image: colours and outline as seen from its camera."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from engine.config.stage import StageConfig
from engine.reference.conditioning import Reference
from engine.scene.field import Field
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy
from engine.scene.render import Rendered, View, random_backgrounds, render_and_backward
from engine.stages.train_state import TrainState

# The view's side in sides of the stage's own, and at most, pixels.
SIZE_RATIO, MAX_SIZE = 1.5, 128


def follow_reference(state: TrainState, reference: Reference, config: StageConfig) -> float:
    """Adds the gradient of `config.reference` times the squared differences of colours and opacity from the picture, summed
    over the view and counted as if it had the stage's own pixels. Returns the root mean square difference of colours.

    The picture is of the clip's first moment: how the body is, and how it stands. Where it is and how large are the motion's.
    It lies on a random background, and so does the render, so that what is transparent can't pass for a colour.
    """
    field = standing(state.field)
    if not any(parameter.requires_grad for group in field.groups().values() for parameter in group):
        return 0.0
    moment = torch.tensor([first_moment(field)], device=state.device)
    size = min(round(SIZE_RATIO * config.size), MAX_SIZE)
    background = random_backgrounds(1, state.generator, coloured=True).to(state.device)
    # Nothing is looked for in empty space: behind the object it would grow unseen from where the picture was taken.
    view = View(reference.view_camera(), moment, size, config.samples, background, state.random_seed())
    colours, alpha = reference.target(size)
    target = colours + (1 - alpha) * background[0][:, None, None]
    weight = config.reference * (config.size / size) ** 2
    difference = 0.0

    def gradient(images: Tensor) -> Tensor:
        nonlocal difference
        difference = float((images[0, 0] - target).square().mean().sqrt())
        return 2 * weight * (images - target)

    render_and_backward(field, _occupancy(state, field, moment), view, gradient, _outline(alpha.flatten(), weight))
    return difference


def standing(field: Field | MlpField) -> Field | MlpField:
    """The same parameters, in the middle and of its own size, as it stands at the first moment."""
    if field.trajectory is None:
        return field
    twin = copy.copy(field)
    twin._modules = {**field._modules, "trajectory": field.trajectory.held(first_moment(field))}
    return twin


def first_moment(field: Field | MlpField) -> float:
    """The first frame's time in [0, 1]."""
    return 0.5 / field.config.times


def _outline(alpha: Tensor, weight: float):
    """A penalty for `render_and_backward`: squared differences of opacity from `alpha` [rays]; chunks come in order."""
    done = 0

    def penalty(rendered: Rendered, image: Tensor) -> Tensor:
        nonlocal done
        wanted = alpha[done : done + rendered.opacity.shape[1]]
        done += rendered.opacity.shape[1]
        return weight * (rendered.opacity - wanted).square().sum()

    return penalty


def _occupancy(state: TrainState, field: Field | MlpField, moment: Tensor) -> Occupancy:
    """That of the standing body; the scene's own knows it only as long as nothing moves."""
    own = state.occupancy
    if own.bits is None or len(own.bits) == 1:
        return own
    occupancy = Occupancy(own.resolution, own.threshold)
    occupancy.update(field, moment)
    return occupancy
