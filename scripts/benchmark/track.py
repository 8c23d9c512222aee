"""How long one mesh takes to follow a moving surface, and how well it does: python -m scripts.benchmark.track.

A walking figure of capsules whose limbs pass each other, meshed anew in every frame. Tracked as `engine track` does it, from up
to three reference frames, with the measurement of the error. Path error is the mean distance of the vertices from where the
known motion takes them, distance is that of the surfaces; both in per cent of the box diagonal.
"""

from __future__ import annotations

import argparse
import time

from engine.mesh.track.follow import track
from scripts.benchmark.machine import describe_machine
from scripts.benchmark.sequences import walking_figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.track", description=__doc__.splitlines()[0])
    parser.add_argument("--vertices", type=int, nargs="+", default=[1000, 2500, 5000], help="of a frame's surface, about")
    parser.add_argument("--frames", type=int, nargs="+", default=[4, 8], help="of one stride")
    parser.add_argument("--reference", type=int, help="number of the frame whose mesh is followed, from 1; found if left out")
    options = parser.parse_args()
    print(describe_machine())
    print("A walking figure; times are of one run\n")
    print("| vertices | frames | seconds | a frame | path error, % | distance, % | worst frame, % | folds, % |")
    print("|---|---|---|---|---|---|---|---|")
    for frames in options.frames:
        for vertices in options.vertices:
            print(row(vertices, frames, options.reference), flush=True)


def row(vertices: int, frames: int, reference: int | None) -> str:
    """One run's line of the table."""
    motion = walking_figure(frames)
    meshes = motion.meshes(vertices)
    started = time.perf_counter()
    found = track(meshes, motion.colours(meshes), None if reference is None else reference - 1)
    seconds = time.perf_counter() - started
    report = found.report
    path = motion.path_error(found.positions, report.reference)
    worst = max(frame.distance for frame in report.frames)
    values = [f"{seconds:.1f}", f"{seconds / frames:.1f}", f"{path:.2f}", f"{report.distance:.2f}", f"{worst:.2f}"]
    return f"| {found.positions.shape[1]} | {frames} | {' | '.join(values)} | {report.folds:.2f} |"


if __name__ == "__main__":
    main()
