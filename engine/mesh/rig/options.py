"""The options of `engine rig`, apart from its work, so that help is quick."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_rig_options(parser: argparse.ArgumentParser) -> None:
    """Which asset, how many bones, and where the result goes."""
    parser.add_argument("asset", type=Path, metavar="ASSET", help="an asset folder with one moving mesh, as track writes it")
    parser.add_argument("--bones", type=int, help="at most so many; as many as the motion needs if left out")
    parser.add_argument("--turn-only", action="store_true", help="joints never come apart, at the price of a larger error")
    parser.add_argument("--output", type=Path, metavar="ASSET", help="the asset folder to write; the same one if left out")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
