"""Command line of the stand-ins; see the package."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from engine.models.folder.loader import be_quiet
from scripts.stand_ins.networks import ROLES
from scripts.stand_ins.pictures import PAIRS
from scripts.stand_ins.train import Plan, train

CLIPS, RINGS = 2 * len(PAIRS), 4 * len(PAIRS)
AUTOENCODER_STEPS, STEPS = 1500, 12_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.stand_ins", description="Small models of the public classes.")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="begins a training, or goes on with it")
    training.add_argument("role", choices=[*ROLES, "all"])
    training.add_argument("--output", type=Path, default=Path(".training/stand_ins"))
    training.add_argument("--clips", type=int, default=CLIPS, help="shards of 16 clips (%(default)s)")
    training.add_argument("--rings", type=int, default=RINGS, help="shards of 4 rings (%(default)s)")
    training.add_argument("--autoencoder-steps", type=int, default=AUTOENCODER_STEPS, help="in all (%(default)s)")
    training.add_argument("--steps", type=int, default=STEPS, help="of each denoiser, in all (%(default)s)")
    training.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    be_quiet()
    torch.set_num_threads(options.threads)
    plan = Plan(options.clips, options.rings, options.autoencoder_steps, options.steps)
    train(options.output, ROLES if options.role == "all" else (options.role,), plan)


if __name__ == "__main__":
    main()
