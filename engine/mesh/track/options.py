"""The options of `engine track`, apart from its work, so that help is quick."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_track_options(parser: argparse.ArgumentParser) -> None:
    """Which meshes, and where the result goes."""
    parser.add_argument("meshes", nargs="+", type=Path, metavar="MESH", help="OBJ, PLY, GLB files in their order, or a folder")
    parser.add_argument("--output", type=Path, required=True, metavar="ASSET", help="the asset folder to write")
    parser.add_argument("--reference", type=int, help="number of the frame whose mesh is followed, from 1; found if left out")
    parser.add_argument("--triangles", type=int, help="about so many even triangles, in place of the reference's own")
    parser.add_argument("--texture", type=int, default=512, help="pixels a side (512)")
    parser.add_argument("--fps", type=int, default=12, help="frames a second (12)")
    parser.add_argument("--rig", action="store_true", help="also find bones that move it")
    parser.add_argument("--bones", type=int, help="--rig with at most so many bones; found if left out")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
