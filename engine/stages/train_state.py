"""The state that an optimisation works on."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.config.field import FieldConfig
from engine.config.stage import LearningRates
from engine.ranks import ALONE, Share
from engine.reference.conditioning import Reference
from engine.reference.given.conditioning import GivenMesh
from engine.scene.field import Field
from engine.scene.frozen.baked import BakedBody
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy


@dataclass
class TrainState:
    """A field, its occupancy and its optimiser; `generator` is where every random draw comes from. reference: a picture that
    the scene is held to, given: the mesh that is its body, if one was given. share: which of the processes that optimise it
    this is. measures_norms: whether the next step tells its `GradientNorms`."""

    field: Field | MlpField
    occupancy: Occupancy
    optimiser: torch.optim.Adam
    generator: torch.Generator
    reference: Reference | None = None
    given: GivenMesh | None = None
    share: Share = ALONE
    measures_norms: bool = False

    @classmethod
    def new(cls, config: FieldConfig, seed: int, device: torch.device | str = "cpu") -> TrainState:
        """The blob that every run begins with. Draws are made on the CPU whatever the `device`: a seed means the same."""
        generator = torch.Generator().manual_seed(seed)
        field = (MlpField if config.backbone == "mlp" else Field)(config, generator).to(device)
        occupancy = Occupancy(config.occupancy)
        # All of it is one blob, at any time.
        occupancy.update(field, torch.tensor((0.5,), device=device))
        return cls(field, occupancy, make_optimiser(field), generator)

    def take_body(self, given: GivenMesh, body: BakedBody) -> None:
        """Makes the baked `given` the scene's body at rest, in place of the blob."""
        self.given, self.field.given = given, body
        self.occupancy.update(self.field, torch.tensor((0.5,), device=self.device))

    @property
    def device(self) -> torch.device:
        return self.field.device

    def set_rates(self, rates: LearningRates, decay: float) -> None:
        """Learning rates of the space planes, time planes, decoder, trajectory and skeleton, times `decay`."""
        for group in self.optimiser.param_groups:
            group["lr"] = getattr(rates, group["name"]) * decay

    def free(self, rates: LearningRates, rigid_only: bool = False) -> None:
        """Lets go what has a rate, and of that only the trajectory if `rigid_only`; the rest costs no gradients."""
        for group in self.optimiser.param_groups:
            wanted = getattr(rates, group["name"]) > 0 and (group["name"] == "trajectory" or not rigid_only)
            for parameter in group["params"]:
                parameter.requires_grad_(wanted)

    def random_seed(self) -> int:
        return int(torch.randint(2**31, (1,), generator=self.generator))


def make_optimiser(field: Field | MlpField) -> torch.optim.Adam:
    """Adam over the field's named groups.

    The skeleton's gradients come in units of their own size, and its epsilon is one of these: a number whose gradient is small
    beside the others', a wave that the motion has not got, moves little, where Adam would have it follow its noise as fast.
    """
    groups = [{"name": name, "params": parameters} for name, parameters in field.groups().items()]
    for group in groups:
        if group["name"] == "skeleton":
            group["eps"] = 1.0
    return torch.optim.Adam(groups, lr=1e-2, betas=(0.9, 0.99), eps=1e-15)
