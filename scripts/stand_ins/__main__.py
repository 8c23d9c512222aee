"""Command line of the stand-ins; see the package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from engine.evaluate.triangle_soup import EvaluationError
from engine.models.folder.loader import be_quiet
from scripts.stand_ins.changes import DYNAMIC_STEPS, STATIC_STEPS, VARIANTS
from scripts.stand_ins.judge import judge, run_job, table
from scripts.stand_ins.networks import ROLES
from scripts.stand_ins.pictures import PAIRS
from scripts.stand_ins.train import Plan, train
from scripts.stand_ins.words import JUDGED

CLIPS, RINGS = 2 * len(PAIRS), 4 * len(PAIRS)
AUTOENCODER_STEPS, STEPS = 1500, 12_000


def main() -> int:
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
    judging = commands.add_parser("judge", help="runs prompts with the models, and says what is right")
    judging.add_argument("--models", type=Path, required=True, help="the folder that holds multi_view, image and video")
    judging.add_argument("--output", type=Path, default=Path("output/stand_ins"))
    judging.add_argument("--image", choices=["multi_view", "image"], default="multi_view", help="the image model (%(default)s)")
    judging.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="NAME",
                         help=f"of {', '.join(VARIANTS)} (all)")  # fmt: skip
    judging.add_argument("--prompts", type=int, default=len(JUDGED), help="how many of the judged ones (%(default)s)")
    judging.add_argument("--static-steps", type=int, default=STATIC_STEPS, help="(%(default)s)")
    judging.add_argument("--dynamic-steps", type=int, default=DYNAMIC_STEPS, help="(%(default)s)")
    judging.add_argument("--seed", type=int, default=0)
    # What a judgement starts: the variant, steps of both stages, and the engine's own arguments.
    job = commands.add_parser("job")
    job.add_argument("variant", choices=list(VARIANTS))
    job.add_argument("steps", type=int, nargs=2)
    job.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command == "job":
        return run_job(options.variant, *options.steps, options.arguments)
    if options.command == "judge":
        return _judge(options)
    be_quiet()
    torch.set_num_threads(options.threads)
    plan = Plan(options.clips, options.rings, options.autoencoder_steps, options.steps)
    train(options.output, ROLES if options.role == "all" else (options.role,), plan)
    return 0


def _judge(options: argparse.Namespace) -> int:
    steps = options.static_steps, options.dynamic_steps
    try:
        records = judge(
            options.models, options.image, options.output, options.variants, options.prompts, steps, options.seed
        )
    except EvaluationError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
