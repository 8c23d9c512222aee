"""The pull of a picture that the scene is held to: colours and outline from where it was taken."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from engine.config.quality import StageSettings
from engine.reference.view import Reference
from engine.scene.field import Field
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy
from engine.scene.render import Rendered, View, random_backgrounds, render_and_follow
from engine.stages.train_state import Scene

# The view's side in sides of the stage's own, and at most, pixels.
FINER, MOST = 1.5, 128


def follow_reference(scene: Scene, reference: Reference, settings: StageSettings) -> float:
    """Adds the gradient of `settings.reference` times the squared differences of colours and opacity from the picture, summed
    over the view and counted as if it had the stage's own pixels. Returns the root mean square difference of colours.

    The picture is of the clip's first moment: how the body is, and how it stands. Where it is and how large are the motion's.
    It lies on a random background, and so does the render, so that what is transparent can't pass for a colour.
    """
    field = standing(scene.field)
    if not any(parameter.requires_grad for group in field.groups().values() for parameter in group):
        return 0.0
    moment = torch.tensor([first_moment(field)], device=scene.device)
    size = min(round(FINER * settings.size), MOST)
    background = random_backgrounds(1, scene.generator, coloured=True).to(scene.device)
    # Nothing is looked for in empty space: behind the object it would grow unseen from where the picture was taken.
    view = View(reference.camera(), moment, size, settings.samples, background, scene.random_seed())
    colours, alpha = reference.seen(size)
    wanted = colours + (1 - alpha) * background[0][:, None, None]
    weight = settings.reference * (settings.size / size) ** 2
    off = 0.0

    def gradient(images: Tensor) -> Tensor:
        nonlocal off
        off = float((images[0, 0] - wanted).square().mean().sqrt())
        return 2 * weight * (images - wanted)

    render_and_follow(field, _occupancy(scene, field, moment), view, gradient, _outline(alpha.flatten(), weight))
    return off


def standing(field: Field | MlpField) -> Field | MlpField:
    """The same parameters, in the middle and of its own size, as it stands at the first moment."""
    if field.trajectory is None:
        return field
    twin = copy.copy(field)
    twin._modules = {**field._modules, "trajectory": field.trajectory.held(first_moment(field))}
    return twin


def first_moment(field: Field | MlpField) -> float:
    """The first frame's time in [0, 1]."""
    return 0.5 / field.shape.times


def _outline(alpha: Tensor, weight: float):
    """A penalty for `render_and_follow`: squared differences of opacity from `alpha` [rays]; chunks come in order."""
    done = 0

    def penalty(rendered: Rendered) -> Tensor:
        nonlocal done
        wanted = alpha[done : done + rendered.opacity.shape[1]]
        done += rendered.opacity.shape[1]
        return weight * (rendered.opacity - wanted).square().sum()

    return penalty


def _occupancy(scene: Scene, field: Field | MlpField, moment: Tensor) -> Occupancy:
    """That of the standing body; the scene's own knows it only as long as nothing moves."""
    own = scene.occupancy
    if own.bits is None or len(own.bits) == 1:
        return own
    occupancy = Occupancy(own.resolution, own.threshold)
    occupancy.update(field, moment)
    return occupancy
