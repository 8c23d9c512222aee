"""A plain network in place of the planes: the other backbone, for comparison.

One network of places (positional encoding; Mildenhall et al., NeRF, section 5.1) and one of places and times, whose last layer
is zero at first, so that motion begins at identity here too. Same interface as `Field`, same bounded density, same blob.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.config.field import FieldConfig
from engine.scene.field import BLOB_WIDTH, decode
from engine.scene.trajectory import Trajectory

PLACE_WAVES, TIME_WAVES = 5, 3
WIDTH = 64


class MlpField(nn.Module):
    """The scene as a function of place and time; see `Field` for the meaning of what goes in and comes out."""

    shares_space = False

    def __init__(self, config: FieldConfig, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        places, times = 3 * (1 + 2 * PLACE_WAVES), 1 + 2 * TIME_WAVES
        self.place = _network((places, WIDTH, WIDTH, config.hidden), generator)
        self.moving = _network((places + times, WIDTH, WIDTH, config.hidden), generator)
        nn.init.zeros_(self.moving[-1].weight)
        nn.init.zeros_(self.moving[-1].bias)
        self.last = _network((config.hidden, 4), generator)
        self.trajectory = Trajectory(config.times) if config.trajectory else None
        self.register_buffer("blob_width", torch.tensor(BLOB_WIDTH))
        # There are no planes; the regularisers of planes sum over nothing.
        self.space, self.time = (), ()
        # Bones are for the planes.
        self.skeleton, self.baked = None, None

    @property
    def device(self) -> torch.device:
        return self.blob_width.device

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Parameters by what they are, as in `Field.groups`."""
        riding = list(self.trajectory.parameters()) if self.trajectory is not None else []
        return {
            "space": list(self.place.parameters()), "time": list(self.moving.parameters()),
            "decoder": list(self.last.parameters()), "trajectory": riding, "skeleton": [],
        }  # fmt: skip

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Density per metre [F, P] and colour [F, P, 3] at points [P, 3], times [F]."""
        return self.at(points.expand(len(times), -1, -1), times)

    def at(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The same where each frame has points of its own, [F, P, 3]."""
        frames, count = points.shape[:2]
        frame = torch.arange(frames, device=points.device).repeat_interleave(count)
        density, colour = self.packed(points.reshape(-1, 3), frame, times)
        return density.view(frames, count), colour.view(frames, count, 3)

    def packed(self, points: Tensor, frames: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """The same for any mixture: points [N, 3], the index of each one's frame [N], times [F] -> [N], [N, 3]."""
        if self.trajectory is not None:
            points = self.trajectory.to_body(points, frames, times)
        place = _waves(points, PLACE_WAVES)
        moment = _waves((2 * times - 1).to(points)[:, None], TIME_WAVES)[frames]
        hidden = self.place(place) + self.moving(torch.cat([place, moment], 1))
        return decode(self.last(torch.relu(hidden)), points, self.blob_width, self.config.max_density)


def _waves(value: Tensor, count: int) -> Tensor:
    """[N, D] -> the same with sines and cosines of pi 2^k, [N, D (1 + 2 count)]."""
    angles = [math.pi * 2**k * value for k in range(count)]
    return torch.cat([value, *(wave(angle) for angle in angles for wave in (torch.sin, torch.cos))], 1)


def _network(widths: tuple[int, ...], generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip(widths[:-1], widths[1:], strict=True):
        layer = nn.Linear(before, after)
        bound = math.sqrt(3 / before)
        layer.weight.data = (2 * torch.rand(after, before, generator=generator) - 1) * bound
        layer.bias.data.zero_()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
