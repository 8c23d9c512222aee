"""What shows how a scene comes on: small pictures and meshes, now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.config.quality import MeshConfig
from engine.config.stage import STAGES
from engine.contract import protocol
from engine.files import written_aside
from engine.finite import check_finite
from engine.mesh.simplify import simplify
from engine.pipeline.export import surface_at
from engine.pipeline.sides import MOMENTS, view_sides, write_clip, write_sheet
from engine.scene.field import colours_at
from engine.scene.occupancy import Occupancy
from engine.stages.train_state import TrainState

EVERY_SECONDS, FIRST_SECONDS = 15.0, 4.0
PAUSES = {"image": EVERY_SECONDS, "mesh": EVERY_SECONDS, "video": 60.0}
# Also made at the end of each stage; a movie would hold up a short run, which makes one of its asset anyway.
AT_END = ("image", "mesh")
# Pixels a side of a view of the scene: of a few moments, of a movie and of one moment. Frames a second of a movie.
SMALL, MOVIE, LARGE, FPS = 40, 48, 64, 8
# The most of a run's time that previews of one kind take.
MAX_SHARE = 0.02
MESH = MeshConfig(resolution=48, triangles=20_000)
MESHES_KEPT = 2


class Previews:
    """Makes previews of the wanted `kinds` in `folder` when they are due, and reports them by `emit`.

    The first comes a few seconds after the first step, then one about every EVERY_SECONDS and one at the end of each stage; a
    movie comes about every minute while the scene moves.
    """

    def __init__(
        self,
        folder: Path,
        kinds: tuple[str, ...],
        emit: Callable[[dict[str, Any]], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.emit, self.now = folder, emit, now
        self.due = dict.fromkeys(kinds, 0.0)
        self.begun = False

    def show(self, state: TrainState, stage: str, step: int, last: bool) -> None:
        """What is due after `step` steps of `stage`, of which this may be the last."""
        if not self.begun:
            self.begun = True
            self.due = {kind: self.now() + (PAUSES[kind] if kind == "video" else FIRST_SECONDS) for kind in self.due}
        for kind, due in self.due.items():
            began = self.now()
            if began < due and not (last and kind in AT_END):
                continue
            path = self._make(kind, state, stage, f"{stage}_{step:05d}")
            if path is not None:
                self.emit(protocol.preview(kind, str(path)))
            ended = self.now()
            # Where nothing is solid yet, it is soon looked for again.
            pause = PAUSES[kind] if path else FIRST_SECONDS
            self.due[kind] = ended + max(pause, (ended - began) / MAX_SHARE)

    def _make(self, kind: str, state: TrainState, stage: str, name: str) -> Path | None:
        moves = stage != STAGES[0] and state.field.config.times > 1
        if kind == "image":
            return sides_now(state, self.folder / f"{name}.png", moves)
        if kind == "mesh":
            return mesh_now(state, self.folder / f"mesh_{name}.npz")
        return clip_now(state, self.folder / f"clip_{name}.mp4") if moves else None


def sides_now(state: TrainState, path: Path, moves: bool) -> Path:
    """Writes a small picture of the scene from four sides: one each while it is still, a row of moments each if it `moves`."""
    return write_sheet(view_sides(state, MOMENTS, SMALL) if moves else view_sides(state, 1, LARGE), path)


def clip_now(state: TrainState, path: Path) -> Path:
    """Writes a small movie of the scene from four sides."""
    return write_clip(view_sides(state, state.field.config.times, MOVIE), path, FPS)


def mesh_now(state: TrainState, path: Path) -> Path | None:
    """Writes a small mesh of the scene in the middle of its clip; None where nothing is solid yet. Older meshes beside it go,
    but for the newest few.

    The file: vertices float32 [V, 3], triangles int32 [T, 3], colours uint8 [V, 3], sRGB.
    """
    frames = state.field.config.times
    moment = (frames // 2 + 0.5) / frames
    mesh = surface_at(state.field, Occupancy(state.occupancy.resolution), moment, 0, MESH)
    if len(mesh.triangles) == 0:
        return None
    mesh = simplify(mesh, MESH.triangles)
    check_finite(mesh.vertices, "the preview's mesh")
    colours = (colours_at(state.field, mesh.vertices, moment).clip(0, 1) * 255).round().astype(np.uint8)
    with written_aside(path) as part, open(part, "wb") as file:
        np.savez(file, vertices=mesh.vertices, triangles=mesh.triangles, colours=colours)
    others = [other for other in path.parent.glob("mesh_*.npz") if other != path]
    for other in sorted(others, key=lambda other: other.stat().st_mtime_ns)[: max(0, len(others) - MESHES_KEPT + 1)]:
        try:
            other.unlink()
        except OSError:
            # Windows keeps a file that somebody reads; the next preview takes it away.
            continue
    return path
