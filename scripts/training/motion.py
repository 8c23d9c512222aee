"""Trains the joint encoder, and with it the table of words, on the world's exact values; takes minutes.

Whole-body motions, sizes, speeds and limb motions come in any combination, but for pairs of object and limb motion that are
held out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from engine.files import written_aside
from engine.models.joint_encoder import JointEncoder
from engine.models.world import scene
from engine.models.world.placements import placement
from engine.models.world.skeleton import JOINTS
from engine.models.world.words.lexicon import (
    COLOURS,
    DARK,
    HELD_OUT_PAIRS,
    LIMB_MOTIONS,
    SIZES,
    SPEEDS,
    STILL,
    WHOLE_MOTIONS,
    Words,
)
from scripts.training import components
from scripts.training.draws import pick

STEPS, PROMPTS, MOMENTS = 4000, 256, 8
RATE = 2e-3
EMPTY = 0.05
# Of the errors in the loss.
SHARES = {"joints": 10.0, "centre": 1.0, "rotation": 1.0, "scale": 1.0, "used": 0.1, "colours": 1.0, "said": 0.1}
PHASES = 240
NETWORKS = "networks.safetensors"
REPORT_EVERY = 200


@dataclass(frozen=True)
class Tables:
    """The world's values at PHASES moments of a cycle.

    joints: by (object, limb motion, proportions), places [PHASES, joints, 3] and which there are, [joints].
    placements: by (whole-body motion, size), centre, rotation and scale.
    """

    joints: dict[tuple[str, str, str], tuple[Tensor, Tensor]]
    placements: dict[tuple[str, str], tuple[Tensor, Tensor, Tensor]]

    def truth(self, words: Words | None, index: Tensor) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """Placement, joints and used at moments index / PHASES of the clip, [moments]; of nothing at rest without words."""
        if words is None:
            nothing = torch.zeros(len(index), len(JOINTS), 3), torch.zeros(len(JOINTS), dtype=torch.bool)
            return tuple(value[index] for value in self.placements[STILL, ""]), *nothing
        limb, whole = words.cycles
        proportions = words.size if words.size in scene.PROPORTIONS else ""
        joints, used = self.joints[words.object, words.limb, proportions]
        size = words.size if words.size in ("small", "large") else ""
        placed = self.placements[words.whole, size]
        return tuple(value[index * whole % PHASES] for value in placed), joints[index * limb % PHASES], used


@lru_cache(1)
def make_tables() -> Tables:
    times = torch.arange(PHASES) / PHASES
    joints = {
        (name, limb, size): scene.joints(name, limb, times, size)
        for limb, names in LIMB_MOTIONS.items() for name in names for size in ("", *scene.PROPORTIONS)
    }  # fmt: skip
    placements = {(whole, size): placement(whole, times, size) for whole in WHOLE_MOTIONS for size in ("", "small", "large")}
    return Tables(joints, placements)


def draw(generator: torch.Generator, pairs: list[tuple[str, str]]) -> Words:
    """Random words about one of `pairs` of object and limb motion."""
    name, limb = pick(pairs, generator)
    colour, second = pick(list(COLOURS), generator), pick([DARK, *COLOURS], generator)
    whole, size, speed = (pick(tuple(options), generator) for options in (WHOLE_MOTIONS, SIZES, SPEEDS))
    return Words(colour, second, name, limb, whole, size, speed)


def pairs_of(held: bool) -> list[tuple[str, str]]:
    every = [(name, limb) for limb, names in LIMB_MOTIONS.items() for name in names]
    return [pair for pair in every if (pair in HELD_OUT_PAIRS) == held]


def errors(encoder: JointEncoder, states: Tensor, index: Tensor, truths: list) -> dict[str, Tensor]:
    """Mean squared errors at moments index / PHASES [prompts, moments]: of placements and of joints that there are, metres and
    radians; and of `used`, nats."""
    (centre, rotation, scale), joints, sure = encoder(states, index / PHASES)
    placed, true_joints, used = zip(*truths, strict=True)
    true = [torch.stack(values) for values in zip(*placed, strict=True)]
    has = torch.stack(used).float()
    distance = (joints - torch.stack(true_joints)).square().sum(-1) * has[:, None]
    return {
        "joints": distance.sum() / (has.sum().clamp(min=1) * index.shape[1]),
        "centre": (centre - true[0]).square().sum(-1).mean(),
        "rotation": (rotation - true[1]).square().sum((-1, -2)).mean(),
        "scale": (scale / true[2]).log().square().sum(-1).mean(),
        "used": binary_cross_entropy_with_logits(sure, has),
    }


def colour_errors(encoder: JointEncoder, states: Tensor, words: list[Words | None]) -> dict[str, Tensor]:
    """Mean squared error of the colours that are said, in [-1, 1]; and of whether they are, nats."""
    colours, sure = encoder.colours_of(states)
    said = torch.tensor([one is not None for one in words])
    true = torch.tensor([one.colours for one in words if one is not None]).view(-1, 2, 3) * 2 - 1
    return {
        "colours": (colours[said] - true).square().mean() if said.any() else colours.sum() * 0,
        "said": binary_cross_entropy_with_logits(sure, said.float()),
    }


def train(
    folder: Path, steps: int = STEPS, seed: int = 0, text_encoder: nn.Module | None = None
) -> dict[str, nn.Module]:
    """Trains from nothing and writes the networks to `folder`; returns them as `load` does.

    text_encoder: one that stays as it is, for the pictures know it; a new one is trained along if left out.
    """
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    networks, tables = make(), make_tables()
    if text_encoder is not None:
        networks["text_encoder"] = text_encoder
    tokenizer, pairs = components.make_tokenizer(), pairs_of(held=False)
    modules = nn.ModuleDict(networks)
    learning = [parameter for parameter in modules.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=RATE, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.05)
    for step in range(1, steps + 1):
        empty = torch.rand(PROMPTS, generator=generator) < EMPTY
        words = [None if nothing else draw(generator, pairs) for nothing in empty.tolist()]
        index = torch.randint(PHASES, (PROMPTS, MOMENTS), generator=generator)
        states = components.encode(networks["text_encoder"], tokenizer, ["" if one is None else str(one) for one in words])
        truths = [tables.truth(one, at) for one, at in zip(words, index, strict=True)]
        found = errors(networks["joint_encoder"], states, index, truths)
        found |= colour_errors(networks["joint_encoder"], states, words)
        optimiser.zero_grad()
        sum(SHARES[name] * error for name, error in found.items()).backward()
        nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        schedule.step()
        if step % REPORT_EVERY == 0 or step == steps:
            record = {"step": step} | {name: round(float(value.detach().sqrt()), 4) for name, value in found.items()}
            record |= {f"held_out_{k}": v for k, v in evaluate(networks, tables).items()}
            print(f"motion: {json.dumps(record)}", flush=True)
            with open(folder / "losses.jsonl", "a") as log:
                log.write(json.dumps(record) + "\n")
    write(networks, folder)
    return load(folder / NETWORKS)


def teach_again(folder: Path, steps: int = STEPS) -> dict[str, nn.Module]:
    """Trains a new joint encoder on the words of the run in `folder`, after the world's motions have changed."""
    text_encoder, prefix = make()["text_encoder"], "text_encoder."
    kept = load_file(folder / NETWORKS)
    text_encoder.load_state_dict({name.removeprefix(prefix): v for name, v in kept.items() if name.startswith(prefix)})
    return train(folder, steps, text_encoder=text_encoder.eval().requires_grad_(False))


@torch.no_grad()
def evaluate(networks: dict[str, nn.Module], tables: Tables, count: int = 256, seed: int = 1) -> dict[str, float]:
    """Root mean squared errors on held-out pairs: of joints in metres, and the share of joints rightly there or not."""
    generator, tokenizer = torch.Generator().manual_seed(seed), components.make_tokenizer()
    words = [draw(generator, pairs_of(held=True)) for _ in range(count)]
    index = torch.randint(PHASES, (count, MOMENTS), generator=generator)
    truths = [tables.truth(one, at) for one, at in zip(words, index, strict=True)]
    states = components.encode(networks["text_encoder"], tokenizer, [str(one) for one in words])
    found = errors(networks["joint_encoder"], states, index, truths)
    sure = networks["joint_encoder"](states, index / PHASES)[2]
    right = ((sure > 0) == torch.stack([used for _, _, used in truths])).float().mean()
    return {"joints": round(float(found["joints"].sqrt()), 4), "used": round(float(right), 4)}


def make() -> dict[str, nn.Module]:
    text_encoder = components.make_text_encoder(len(components.make_tokenizer()))
    return {"text_encoder": text_encoder, "joint_encoder": components.make_joint_encoder()}


def load(path: Path) -> dict[str, nn.Module]:
    """The trained networks by name, without gradients."""
    networks = make()
    nn.ModuleDict(networks).load_state_dict(load_file(path))
    return {name: network.eval().requires_grad_(False) for name, network in networks.items()}


def load_or_train(folder: Path, start: Path | None) -> dict[str, nn.Module]:
    """The networks of a run, those of the kept model folder `start`, or new ones."""
    if (folder / NETWORKS).exists():
        return load(folder / NETWORKS)
    if start is None:
        return train(folder)
    networks = make()
    for name, network in networks.items():
        kept = load_file(next((start / name).glob("*.safetensors")))
        network.load_state_dict({key: value.float() for key, value in kept.items()})
        network.eval().requires_grad_(False)
    folder.mkdir(parents=True, exist_ok=True)
    write(networks, folder)
    return networks


def write(networks: dict[str, nn.Module], folder: Path) -> None:
    with written_aside(folder / NETWORKS) as part:
        save_file({name: value.contiguous() for name, value in nn.ModuleDict(networks).state_dict().items()}, part)
