"""Parts that many bodies share: eyes, and stripes of tone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.world.body import BLACK, PRIMARY, SECONDARY, WHITE, Part, pair
from engine.models.world.solids import Vector, ball


def eyes(bone: str, centre: Vector, radius: float) -> tuple[Part, ...]:
    """Two round black eyes with a glint; `centre` of the left one."""
    x, y, z = centre
    glint = (x + 0.35 * radius, y - 0.72 * radius, z + 0.5 * radius)
    return pair(Part(bone, ball(centre, radius), BLACK, 0), Part(bone, ball(glint, 0.36 * radius), WHITE, 0))


def wide_eyes(bone: str, centre: Vector, radius: float, aside: float = 0.1) -> tuple[Part, ...]:
    """Two white eyes with black pupils that look ahead, and `aside` (0 to 0.5) to their sides."""
    x, y, z = centre
    pupil = (x + aside * radius, y - (0.56 - 0.6 * aside) * radius, z + 0.05 * radius)
    return pair(Part(bone, ball(centre, radius), WHITE, 0), Part(bone, ball(pupil, 0.58 * radius), BLACK, 0))


def front_wedge(p: Tensor) -> Tensor:
    """The second tone within 40 degrees of the front, so that a turn of a round thing can be seen."""
    return (-p[1] > 1.19 * p[0].abs()).long() * SECONDARY


def below(height: float, lower: int = SECONDARY, upper: int = PRIMARY) -> Callable[[Tensor], Tensor]:
    """One tone under z = height, another over it."""
    return lambda p: torch.where(p[2] < height, lower, upper)


def bands(axis: int, width: float, offset: float = 0.0) -> Callable[[Tensor], Tensor]:
    """Bands of the two tones across an axis, `width` metres each."""
    return lambda p: (torch.floor((p[axis] - offset) / width).long() % 2) * SECONDARY
