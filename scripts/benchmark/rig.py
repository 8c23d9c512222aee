"""How well bones are found for characters whose motion is known: python -m scripts.benchmark.rig.

A dog, a figure, a bird with thin wings and a snake. With their own topology, as `engine rig` has them: error is the mean
distance of vertices from where they were. Meshed anew in every frame and tracked first, as `engine track --rig` does it: error
is the mean distance from the true surface, path that of vertices from where the known motion takes them; `track` is the same
before bones. All in per cent of the box diagonal. --sheets has the bones drawn over frames.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from scipy.spatial import cKDTree

from engine.mesh.rig.picture import rig_picture
from engine.mesh.rig.report import size_of
from engine.mesh.rig.sequence import RiggedMesh, rig_sequence
from engine.mesh.surface import Mesh
from engine.mesh.track.follow import track
from engine.mesh.track.sample import distance_to, sample
from scripts.benchmark.characters import CHARACTERS, Character
from scripts.benchmark.machine import describe_machine

POINTS = 4000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmark.rig", description=__doc__.splitlines()[0])
    parser.add_argument("--characters", nargs="+", default=list(CHARACTERS), choices=list(CHARACTERS))
    parser.add_argument("--frames", type=int, default=12, help="of the clip")
    parser.add_argument("--cell", type=float, default=0.05, help="of the grid the surfaces are meshed on, metres")
    parser.add_argument("--reference", type=int, help="number of the frame whose mesh is tracked, from 1; found if left out")
    parser.add_argument("--own", type=int, nargs="*", default=[0, 16], help="bones with their own topology; 0: found")
    parser.add_argument("--tracked", type=int, nargs="*", default=[24], help="bones after tracking; 0: found")
    parser.add_argument("--sheets", type=Path, help="folder for pictures")
    options = parser.parse_args()
    print(describe_machine())
    print("Times are of one run\n")
    print("| character | vertices | way | bones | error, % | largest, % | path, % | stretch | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.characters:
        character = CHARACTERS[name](options.frames)
        for bones in options.own:
            row, rigged = own(character, options.cell, bones or None)
            print(f"| {name} | {row}", flush=True)
            save(options.sheets, f"{name}_own_{bones}", rigged)
        if options.tracked:
            for bones, (row, rigged) in tracked(character, options.cell, options.tracked, options.reference).items():
                print(f"| {name} | {row}", flush=True)
                if rigged is not None:
                    save(options.sheets, f"{name}_tracked_{bones}", rigged)


def own(character: Character, cell: float, bones: int | None) -> tuple[str, RiggedMesh]:
    """A line of the table with the character's own topology, and the rig."""
    vertices, triangles = character.sequence(cell)
    started = time.perf_counter()
    rigged = rig_sequence(vertices, triangles, bones)
    seconds = time.perf_counter() - started
    found = rigged.report
    values = [f"{found.mean.mean():.3f}", f"{found.largest.max():.2f}", "", f"{found.stretch:.3f}", f"{seconds:.1f}"]
    return f"{vertices.shape[1]} | own | {found.bones} | {' | '.join(values)} |", rigged


def tracked(
    character: Character, cell: float, bones: list[int], reference: int | None
) -> dict[int, tuple[str, RiggedMesh | None]]:
    """Lines of the table after remeshing and tracking, by how many bones were asked for; -1 is the tracked mesh itself."""
    meshes, rests = character.remeshed(cell)
    started = time.perf_counter()
    found = track(meshes, [None] * len(meshes), None if reference is None else reference - 1)
    seconds = time.perf_counter() - started
    reference = found.report.reference
    start = rests[reference][cKDTree(meshes[reference].vertices).query(found.positions[reference])[1]]
    truth = np.stack([character.carry(start, frame) for frame in range(character.frames)])

    def values(positions: np.ndarray) -> list[str]:
        size = size_of(truth)
        surface = [
            distance_to(mesh, sample(Mesh(place, found.triangles), None, POINTS, 1).points).mean()
            for place, mesh in zip(positions, meshes, strict=True)
        ]
        away = np.linalg.norm(positions - truth, axis=-1)
        return [f"{100 * np.mean(surface) / size:.3f}", f"{100 * away.max() / size:.2f}", f"{100 * away.mean() / size:.2f}"]

    count = found.positions.shape[1]
    rows = {-1: (f"{count} | track |  | {' | '.join(values(found.positions))} |  | {seconds:.1f} |", None)}
    for most in bones:
        started = time.perf_counter()
        rigged = rig_sequence(found.positions, found.triangles, most or None, rest=reference)
        seconds = time.perf_counter() - started
        numbers = " | ".join(values(rigged.vertices))
        row = f"{count} | track --rig | {rigged.report.bones} | {numbers} | {rigged.report.stretch:.3f} | {seconds:.1f} |"
        rows[most] = row, rigged
    return rows


def save(folder: Path | None, name: str, rigged: RiggedMesh) -> None:
    """The contact sheet."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        imageio.imwrite(folder / f"{name}.png", rig_picture(rigged))


if __name__ == "__main__":
    main()
