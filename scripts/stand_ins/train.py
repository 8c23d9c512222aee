"""The whole training, one part after the other, each of which goes on where it stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.stand_ins.autoencoders import train_autoencoder
from scripts.stand_ins.denoisers import StandIn
from scripts.stand_ins.latents import Latents, encode_all
from scripts.stand_ins.networks import autoencoder_of
from scripts.stand_ins.pictures import fill
from scripts.stand_ins.words import KNOWS_CAMERAS

# Of a denoiser's steps, after which the next role's turn comes: all can be tried out long before the last has ended.
TURNS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True)
class Plan:
    """shards of clips and of rings; optimiser steps in all of an autoencoder and of a denoiser."""

    clips: int
    rings: int
    autoencoder_steps: int
    steps: int


def train(folder: Path, roles: Sequence[str], plan: Plan) -> None:
    """Makes the roles' models in `folder`: pictures, autoencoders, latents, and then each role in turn to the plan's steps."""
    fill(folder / "clips", "clips", plan.clips)
    vaes = {name: _autoencoder(folder, name, plan) for name in dict.fromkeys(autoencoder_of(role) for role in roles)}
    for share in TURNS if len(roles) > 1 else TURNS[-1:]:
        for role in roles:
            vae = vaes[autoencoder_of(role)]
            latents = _latents(folder, role, vae, plan)
            stand_in = StandIn(role, folder / role, folder / "models" / role, vae)
            stand_in.train(latents, plan.steps, round(share * plan.steps))


def _autoencoder(folder: Path, name: str, plan: Plan) -> Any:
    return train_autoencoder(folder / f"{name}_autoencoder", folder / "clips", name, plan.autoencoder_steps)


def _latents(folder: Path, role: str, vae: Any, plan: Plan) -> Latents:
    kind, count = ("rings", plan.rings) if role in KNOWS_CAMERAS else ("clips", plan.clips)
    fill(folder / kind, kind, count)
    return encode_all(role, vae, folder / kind, folder / "latents" / role)
