"""A scene as it is, seen from four sides by cameras that stand still: what previews show and the gate judges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import torch
from torch import Tensor

from engine.files import written_aside
from engine.finite import pixels
from engine.pipeline.render_frames import write_frames
from engine.scene.cameras import Cameras
from engine.scene.frame_times import frame_times
from engine.scene.render import View
from engine.scene.viewer import Viewer
from engine.stages.looks import Looks, measure_looks
from engine.stages.train_state import TrainState

# Of the first of the sides, front right, and of all; radians.
AZIMUTH, ELEVATION, SIDES = 0.5, 0.25, 4
GREY, SAMPLES = 0.45, 64
# Of a clip that are looked at, a number that no motion of two or four beats falls in with.
MOMENTS = 5


@dataclass(frozen=True)
class SideView:
    """images [sides, frames, 3, size, size] in [0, 1], opacity [sides, frames, size, size], background [sides, 3]."""

    images: Tensor
    opacity: Tensor
    background: Tensor

    def looks(self) -> Looks:
        return measure_looks(self.images, self.opacity, self.background)

    def sheet(self) -> Tensor:
        """One picture [3, height, width]: a row of frames for each side; the sides in reading order where there is one
        frame."""
        if self.images.shape[1] == 1:
            rows = [torch.cat(list(self.images[first : first + 2, 0]), -1) for first in range(0, len(self.images), 2)]
        else:
            rows = [torch.cat(list(side), -1) for side in self.images]
        return torch.cat(rows, 1)

    def clip(self) -> np.ndarray:
        """A movie of the sides in reading order, uint8 [frames, height, width, 3]."""
        tiles = self.images.transpose(0, 1)
        frames = [torch.cat([torch.cat(list(tile[:2]), -1), torch.cat(list(tile[2:]), -1)], 1) for tile in tiles]
        return np.stack([pixels(frame.permute(1, 2, 0), "the preview") for frame in frames])


@torch.no_grad()
def view_sides(state: TrainState, frames: int, size: int) -> SideView:
    """The scene at `frames` moments spread over the clip, `size` pixels a side. Draws nothing at random and trains nothing."""
    times = frame_times(frames).to(state.device)
    azimuth = AZIMUTH + torch.arange(SIDES) * 2 * math.pi / SIDES
    cameras = Cameras(azimuth, torch.full((SIDES,), ELEVATION)).to(state.device)
    background = torch.full((SIDES, 3), GREY, device=state.device)
    view = View(cameras, times, size, SAMPLES, background)
    images, opacity = Viewer.of(state.field, state.occupancy.resolution).render(view)
    return SideView(images, opacity, background)


def write_sheet(view: SideView, path: Path) -> Path:
    """Writes the sheet as a PNG."""
    with written_aside(path) as part:
        imageio.imwrite(part, pixels(view.sheet().permute(1, 2, 0), "the preview"), extension=".png")
    return path


def write_clip(view: SideView, path: Path, fps: int) -> Path:
    """Writes the movie as an MP4."""
    write_frames(iter(view.clip()), path, fps)
    return path
