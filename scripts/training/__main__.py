"""Command line of `scripts/train_primitives`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch

from engine.models.presets import CREATURES_FOLDER
from scripts.training import motion, shards
from scripts.training.components import FOLDER
from scripts.training.held_out import HeldOut
from scripts.training.picture import Run, checkpoint_of, write_model
from scripts.training.renderers import Renderers
from scripts.training.sheets import sheet

STEPS, BATCH = 150_000, 24
FIRST_SHARDS = 16
GIGABYTES = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/train_primitives", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".training"), help="pool, checkpoints, losses and sheets")
    parser.add_argument("--steps", type=int, default=STEPS, help="optimiser steps in all; a longer run lengthens the plateau")
    parser.add_argument("--minutes", type=float, help="stop after so long, with everything saved")
    parser.add_argument("--batch", type=int, default=BATCH, help="pictures a step")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pool", type=float, default=GIGABYTES, help="largest size of the pool on disk, GB")
    parser.add_argument("--renderers", type=int, default=1, help="processes that render, at the lowest priority")
    parser.add_argument("--from", dest="start", type=Path, help="a kept folder to go on from where there is no run yet")
    parser.add_argument("--publish", action="store_true", help="write the model to engine/models/primitives, and stop")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the model to a folder to go on from, and stop")
    parser.add_argument("--motions", action="store_true", help="teach the joint encoder anew, pictures untouched, and stop")
    parser.add_argument("--sheet", action="store_true", help="write a sheet of samples, and stop")
    # What a renderer is started with: its parent's process id, which renderer it is, of how many.
    parser.add_argument("--fill", type=int, nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pool = arguments.work / "pool"
    if arguments.fill is not None:
        os.nice(19)
        parent, which, count = arguments.fill
        shards.fill(pool, int(arguments.pool * 1e9), parent, which, count)
        return
    if arguments.publish or arguments.keep:
        target = arguments.keep or CREATURES_FOLDER / FOLDER
        write_model(arguments.work, target)
        print(f"written to {target}", flush=True)
        return
    if arguments.motions:
        motion.teach_again(arguments.work / "motion")
        return
    networks = motion.load_or_train(arguments.work / "motion", arguments.start)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(arguments.work / "picture", networks, device, start=checkpoint_of(arguments.start))
    if arguments.sheet:
        sheet(run, run.folder / f"sheet_{run.step:06d}.png")
        return
    held_out = HeldOut(arguments.work / "held_out")
    renderers = Renderers(arguments.work, arguments.pool, arguments.renderers)
    renderers.wait_for(FIRST_SHARDS * arguments.renderers)
    run.train(shards.Pool(pool), held_out, arguments.steps, arguments.batch, arguments.minutes, renderers.keep_going)


if __name__ == "__main__":
    main()
