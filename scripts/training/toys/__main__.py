"""Command line of the toys' training."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from engine.models.presets import PRIMITIVES_FOLDER
from engine.models.world.motions import MOTIONS
from scripts.training.toys import pool
from scripts.training.toys.components import ROLES
from scripts.training.toys.evaluate import evaluate, evaluate_upscaler
from scripts.training.toys.publish import publish
from scripts.training.toys.sample import sheet
from scripts.training.toys.train import Run, start_from

# Clips per (object, motion) in the pool, optimiser steps, clips a step.
PLANS = {"image": (600, 12000, 16), "video": (96, 4500, 16), "upscale": (6, 3200, 16)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.training.toys", description=__doc__)
    parser.add_argument("roles", nargs="*", choices=[*ROLES, []], help="which models to train (all)")
    parser.add_argument("--work", type=Path, default=Path(".training"), help="pools, checkpoints and sheets")
    parser.add_argument("--steps", type=int, help="optimiser steps in all, in place of the recipe's")
    parser.add_argument("--publish", action="store_true", help="write the trained models to engine/models/primitives")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in arguments.roles or ROLES:
        role = ROLES[name]
        clips, steps, batch_size = PLANS[name]
        motions = ["still"] if role.frames == 1 else list(MOTIONS)
        folder = arguments.work / "pool" / name
        pool.make(folder, role.size, clips, motions, role.frames, role.fov)
        run = Run(role, arguments.work / name)
        if name == "video" and run.step == 0:
            start_from(Run(ROLES["image"], arguments.work / "image"), run)
        run.train(pool.Pool(folder, motions, role.fov), arguments.steps or steps, batch_size)
        run.load_average()
        measured = evaluate_upscaler(run) if role.low_size else evaluate(run)
        print(f"{name}: {json.dumps(measured)}", flush=True)
        sheet(run, arguments.work / name / f"sheet_{run.step:06d}.png")
        if arguments.publish:
            publish(run, PRIMITIVES_FOLDER)


if __name__ == "__main__":
    main()
