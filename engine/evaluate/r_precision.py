"""R-Precision: how often, of all prompts, a scene's own prompt is the one its renders fit best (Park et al. 2021; Jain et al.,
Dream Fields, section 5; MAV3D, section 4.2, with clips in place of pictures)."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from engine.evaluate.scorer import FRAMES, SIZE, Scorer
from engine.models.world.clips import COLOURS
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render

# From the front right and a quarter turn on, a little from above.
AZIMUTHS = tuple(math.radians(30 + 90 * quarter) for quarter in range(4))
ELEVATION = math.radians(20)
BACKGROUND = 0.45


def every_prompt() -> list[str]:
    """All prompts that the built-in models distinguish."""
    return [" ".join(words) for words in itertools.product(COLOURS, SHAPES, MOTIONS)]


def scene_clips(field: Field) -> Tensor:
    """What a scorer looks at: the scene from four sides, [4, FRAMES, 3, SIZE, SIZE] in [0, 1]."""
    times = ((torch.arange(FRAMES) + 0.5) / FRAMES).to(field.device)
    occupancy = Occupancy()
    occupancy.update(field, times)
    cameras = Cameras(torch.tensor(AZIMUTHS), torch.full((len(AZIMUTHS),), ELEVATION)).to(field.device)
    # Four rays a pixel, as a pixel's colour is that of its whole square.
    behind = torch.full((len(AZIMUTHS), 3), BACKGROUND, device=field.device)
    view = View(cameras, times, 2 * SIZE, 96, behind)
    images = render(field, occupancy, view)[0]
    return torch.nn.functional.avg_pool2d(images.flatten(0, 1), 2).unflatten(0, images.shape[:2])


@torch.no_grad()
def rank(scorer: Scorer, clips: Tensor, prompt: str, prompts: list[str]) -> int:
    """The place of `prompt` among `prompts`, from 1, by the mean cosine of `clips` [views, FRAMES, 3, SIZE, SIZE].

    Raises ValueError if `prompt` is not among them.
    """
    scores = (scorer.prompts(prompts) @ scorer.clips(clips).T).mean(1)
    return int((scores > scores[prompts.index(prompt)]).sum()) + 1


def r_precision(ranks: list[int]) -> float:
    """The share of first places, 0 to 1."""
    return sum(place == 1 for place in ranks) / len(ranks)
