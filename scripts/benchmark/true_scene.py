"""The analytic world as a scene that `engine.scene.render` renders: what a perfect guidance knows, what results are held to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from engine.models.world import scene
from engine.models.world.placements import placement
from engine.models.world.tracing import shade, tone_table
from engine.models.world.words.lexicon import STILL, Words, natural
from engine.scene.occupancy import Occupancy

# Half the side of the box that holds a body in its own axes, metres; and cells a side.
REACH, CELLS = 0.86, 112
DENSITY = 500.0
COLOURED = 2.0


@dataclass(frozen=True)
class TrueScene:
    """words: what is shown. times: of the frames, [frames]. grids: density per metre and sRGB colour of each frame in the
    body's axes, [frames, 4, n, n, n] indexed [x, y, z]. placed: centre [frames, 3], rotation [frames, 3, 3], scale [frames, 3].
    """

    words: Words
    times: Tensor
    grids: Tensor
    placed: tuple[Tensor, Tensor, Tensor]

    shares_space = False

    def packed(self, points: Tensor, frames: Tensor, times: Tensor, which: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Density [N] and colour [N, 3] at points of the scene, as `engine.scene.field.Field.packed` gives them; `times` are
        the scene's own."""
        points = points if which is None else points[which]
        density, colour = torch.zeros(len(points)), torch.zeros(len(points), 3)
        for frame in range(len(self.times)):
            own = (frames == frame).nonzero()[:, 0]
            if len(own):
                body = self.to_body(points[own], frame) / REACH
                found = grid_sample(self.grids[frame, None], body.flip(-1)[None, :, None, None], align_corners=True)
                density[own], colour[own] = found[0, 0, :, 0, 0], found[0, 1:, :, 0, 0].T
        return density, colour

    def __call__(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Density [1, P] and colour [1, P, 3] at points [P, 3] and a time of the scene's own, [1]."""
        frame = int((self.times - times[0]).abs().argmin())
        density, colour = self.packed(points, torch.full((len(points),), frame), self.times)
        return density[None], colour[None]

    def to_body(self, points: Tensor, frame: int) -> Tensor:
        centre, rotation, scale = (value[frame] for value in self.placed)
        return (points - centre) @ rotation / scale

    def occupancy(self, resolution: int = 48) -> Occupancy:
        occupancy = Occupancy(resolution)
        occupancy.update(self, self.times)
        return occupancy

    def is_solid(self, points: Tensor, frame: int) -> Tensor:
        """Whether points of the scene [P, 3] are inside the exact body, bool [P]."""
        moments = _moments(self.words, self.times[frame, None])
        return moments.distance(0, self.to_body(points, frame).T.contiguous()) < 0


def true_scene(words: Words, times: Tensor) -> TrueScene:
    """What `words` say at `times` [frames] in [0, 1]."""
    moments = _moments(words, times)
    first, second = (torch.tensor(colour) for colour in words.colours)
    size = words.size if words.size in ("small", "large") else ""
    axis = torch.linspace(-REACH, REACH, CELLS)
    points = torch.cartesian_prod(axis, axis, axis).T.contiguous()
    cell = 2 * REACH / (CELLS - 1)
    grids = []
    for frame in range(len(times)):
        distance = moments.distance(frame, points)
        grid = torch.zeros(4, points.shape[1])
        # It begins at the surface: a rim outside would show, as rays that graze it pass much of it.
        grid[0] = DENSITY * (-distance / cell).clamp(0, 1)
        near = (distance < COLOURED * cell).nonzero()[:, 0]
        shown = tone_table()[moments.tones(frame, points[:, near])]
        colour = shown[:, :1] * first + shown[:, 1:2] * second + shown[:, 2:5]
        grid[1:, near] = (colour * shade(moments, frame, points[:, near])[:, None]).T
        grids.append(grid.view(4, CELLS, CELLS, CELLS))
    return TrueScene(words, times, torch.stack(grids), placement(words.whole, times, size, words.cycles[1]))


def words_of(prompt: str) -> Words:
    """"dog running" or "bird flying orbiting": an object, its limb motion, and a whole-body motion; in its own colours."""
    name, limb, *whole = prompt.split()
    return Words(*natural(name), name, limb, *(whole or [STILL]), speed="slowly")


def _moments(words: Words, times: Tensor) -> scene.Moments:
    return scene.moments(words.object, words.limb, times, "", words.cycles[0])
