"""The options of `evaluate`; apart from what it does, so that other commands need not import torch."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_evaluate_options(parser: argparse.ArgumentParser) -> None:
    """Which prompts, which variants, and where the results go."""
    parser.add_argument("--output", type=Path, required=True, help="the folder of jobs and results; one there is gone on with")
    parser.add_argument("--quality", default="standard", help="draft, standard, high (standard)")
    parser.add_argument("--count", type=int, default=8, help="prompts, drawn at random (8)")
    parser.add_argument("--draw", type=int, default=0, help="seed of the draw of prompts (0)")
    parser.add_argument("--prompts", nargs="+", metavar="PROMPT", help="these instead, each as colour object motion")
    parser.add_argument("--seed", type=int, default=0, help="of every run (0)")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="these variants alone; a wrong name lists them all")
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, each with its share of the cores (1)")
