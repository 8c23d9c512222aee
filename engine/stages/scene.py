"""The state that an optimisation works on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.scene.field import Field, FieldShape
from engine.scene.occupancy import Occupancy
from engine.settings import FieldSettings, Rates


@dataclass
class Scene:
    """A field, its occupancy and its optimiser; `generator` is where every random draw comes from."""

    field: Field
    occupancy: Occupancy
    optimiser: torch.optim.Adam
    generator: torch.Generator

    @classmethod
    def new(cls, settings: FieldSettings, seed: int) -> Scene:
        generator = torch.Generator().manual_seed(seed)
        shape = FieldShape(settings.resolutions, settings.times, settings.channels, settings.hidden, settings.max_density)
        field = Field(shape, generator)
        return cls(field, Occupancy(settings.occupancy), make_optimiser(field), generator)

    def set_rates(self, rates: Rates, decay: float) -> None:
        """Learning rates of the space planes, time planes and decoder, times `decay`."""
        for group in self.optimiser.param_groups:
            group["lr"] = getattr(rates, group["name"]) * decay

    def random_seed(self) -> int:
        return int(torch.randint(2**31, (1,), generator=self.generator))


def make_optimiser(field: Field) -> torch.optim.Adam:
    """Adam over three named groups: space, time, decoder."""
    decoder = [field.first, field.first_bias, field.second, field.second_bias]
    groups = [("space", list(field.space)), ("time", list(field.time)), ("decoder", decoder)]
    return torch.optim.Adam(
        [{"name": name, "params": parameters} for name, parameters in groups], lr=1e-2, betas=(0.9, 0.99), eps=1e-15
    )
