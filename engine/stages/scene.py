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
        occupancy = Occupancy(settings.occupancy)
        # All of it is one blob, at any time.
        occupancy.update(field, torch.tensor((0.5,)))
        return cls(field, occupancy, make_optimiser(field), generator)

    def set_rates(self, rates: Rates, decay: float) -> None:
        """Learning rates of the space planes, time planes, decoder and trajectory, times `decay`."""
        for group in self.optimiser.param_groups:
            group["lr"] = getattr(rates, group["name"]) * decay

    def free(self, rates: Rates, rigid_only: bool = False) -> None:
        """Lets go what has a rate, and of that only the trajectory if `rigid_only`; the rest costs no gradients."""
        for group in self.optimiser.param_groups:
            wanted = getattr(rates, group["name"]) > 0 and (group["name"] == "trajectory" or not rigid_only)
            for parameter in group["params"]:
                parameter.requires_grad_(wanted)

    def random_seed(self) -> int:
        return int(torch.randint(2**31, (1,), generator=self.generator))


def make_optimiser(field: Field) -> torch.optim.Adam:
    """Adam over four named groups: space, time, decoder, trajectory."""
    decoder = [field.first, field.first_bias, field.second, field.second_bias]
    groups = [
        ("space", list(field.space)), ("time", list(field.time)), ("decoder", decoder),
        ("trajectory", list(field.trajectory.parameters())),
    ]  # fmt: skip
    return torch.optim.Adam(
        [{"name": name, "params": parameters} for name, parameters in groups], lr=1e-2, betas=(0.9, 0.99), eps=1e-15
    )
