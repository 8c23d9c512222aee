"""The options of `engine track`, apart from its work, so that help is quick."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_track_options(parser: argparse.ArgumentParser) -> None:
    """Which meshes, and where the result goes."""
    parser.add_argument(
        "meshes", nargs="+", type=Path, metavar="MESH",
        help="OBJ, PLY, GLB, STL or OFF files, a folder of them, a pattern such as 'f_*.obj', or one GLB that moves",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, metavar="ASSET", help="the asset folder to write")
    parser.add_argument("--reference", type=int, help="number of the frame whose mesh is followed, from 1; found if left out")
    parser.add_argument("--triangles", type=int, help="about so many even triangles, in place of the reference's own")
    parser.add_argument("--texture", type=int, default=512, help="pixels a side (512)")
    parser.add_argument("--fps", type=int, help="frames a second (12; of a file that moves, its own)")
    parser.add_argument("--gaps", default="interpolate", help="missing frame numbers: interpolate, hold, close (interpolate)")
    parser.add_argument("--empty-frames", default="refuse", help="frames without a surface: refuse, skip, hold (refuse)")
    parser.add_argument("--animation", metavar="NAME", help="which animation of a file that has several")
    parser.add_argument("--overwrite", action="store_true", help="replace what is at the output")
