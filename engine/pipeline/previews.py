"""What shows how a scene comes on: small pictures and meshes, now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import torch

from engine.config.quality import MeshConfig
from engine.contract import protocol
from engine.files import written_aside
from engine.finite import check_finite, pixels
from engine.mesh.simplify import simplify
from engine.pipeline.export import surface_at
from engine.scene.cameras import Cameras
from engine.scene.field import colours_at
from engine.scene.frame_times import frame_times
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.stages.train_state import TrainState

EVERY_SECONDS, FIRST_SECONDS = 15.0, 4.0
# The most of a run's time that previews of one kind take.
MAX_SHARE = 0.02
MESH = MeshConfig(resolution=48, triangles=20_000)
MESHES_KEPT = 2


class Previews:
    """Makes previews of the wanted `kinds` in `folder` when they are due, and reports them by `emit`.

    The first comes a few seconds after the first step, then one about every EVERY_SECONDS and one at the end of each stage.
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
            self.due = dict.fromkeys(self.due, self.now() + FIRST_SECONDS)
        for kind, due in self.due.items():
            began = self.now()
            if not last and began < due:
                continue
            make, suffix = (front_sheet, "png") if kind == "image" else (mesh_now, "npz")
            name = f"{stage}_{step:05d}.{suffix}"
            path = make(state, self.folder / (name if kind == "image" else f"mesh_{name}"))
            if path is not None:
                self.emit(protocol.preview(kind, str(path)))
            ended = self.now()
            # Where nothing is solid yet, it is soon looked for again.
            pause = EVERY_SECONDS if path else FIRST_SECONDS
            self.due[kind] = ended + max(pause, (ended - began) / MAX_SHARE)


def front_sheet(state: TrainState, path: Path, size: int = 64) -> Path:
    """Writes a small square picture of the scene as it is: four frames seen from the front right, in reading order."""
    occupancy = Occupancy(state.occupancy.resolution)
    times = frame_times(4).to(state.device)
    occupancy.update(state.field, times)
    cameras = Cameras(torch.tensor([0.5]), torch.tensor([0.25])).to(state.device)
    background = torch.full((1, 3), 0.45, device=state.device)
    images, _ = render(state.field, occupancy, View(cameras, times, size, 64, background))
    rows = [torch.cat(list(images[0, first : first + 2]), -1) for first in (0, 2)]
    with written_aside(path) as part:
        imageio.imwrite(part, pixels(torch.cat(rows, 1).permute(1, 2, 0), "the preview"), extension=".png")
    return path


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
