"""Pools of rendered clips on disk, one file per (object, motion), made once and mapped into memory.

Every clip is stored with its camera; colours and backgrounds are applied when a batch is drawn. The world is symmetric
in X, so each clip is also its own mirror image seen from the opposite azimuth, played backwards where the motion turns or
moves sideways.
"""

from __future__ import annotations

import math
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.files import written_aside
from engine.models.world.clips import COLOURS, FRAMES, compose, render_coefficients
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import FOV, Cameras, random_cameras

# Mirroring X reverses these motions in time.
REVERSED_BY_MIRROR = {"spinning", "sliding", "orbiting", "swinging"}
ELEVATION = (math.radians(-20), math.radians(65))
CHUNK = 4


def held_out(colour: int, shape: int, motion: int) -> bool:
    """One colour in eight is left out for every (object, motion)."""
    return (colour + 3 * shape + 5 * motion) % 8 == 0


def make(
    folder: Path, size: int, clips: int, motions: list[str], frames: int = FRAMES, fov: float = FOV, workers: int = 2
) -> None:
    """Renders what is not there yet: files `object-motion.npy` (uint8) and `object-motion.cameras.npy` (float32 [clips, 2])."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (folder, shape, motion, size, clips, frames, fov)
        for motion in motions
        for shape in SHAPES
        if not (folder / f"{shape}-{motion}.npy").exists()
    ]
    with ProcessPoolExecutor(workers) as pool:
        for done, name in enumerate(pool.map(_render, jobs), 1):
            print(f"pool {size} px: {done}/{len(jobs)} {name}", flush=True)


def _render(job: tuple[Path, str, str, int, int, int, float]) -> str:
    folder, shape, motion, size, clips, frames, fov = job
    torch.set_num_threads(1)
    seed = zlib.crc32(f"{shape}-{motion}-{size}".encode())
    cameras = random_cameras(clips, torch.Generator().manual_seed(seed), ELEVATION, fov)
    stored = np.empty((clips, frames, 5, size, size), np.uint8)
    for start in range(0, clips, CHUNK):
        part = slice(start, start + CHUNK)
        chosen = Cameras(cameras.azimuth[part], cameras.elevation[part], fov=fov)
        stored[part] = render_coefficients(shape, motion, chosen, size, frames)
    np.save(folder / f"{shape}-{motion}.cameras.npy", torch.stack([cameras.azimuth, cameras.elevation], -1).numpy())
    with written_aside(folder / f"{shape}-{motion}.npy", folder / f"{shape}-{motion}.part.npy") as part:
        np.save(part, stored)
    return f"{shape} {motion}"


@dataclass(frozen=True)
class Batch:
    """images [clips, 1, 3, H, W] and backgrounds [clips, 3], sRGB in [0, 1]; words: colour, object and motion of each;
    times: of the frames in their clips, [clips, 1] in [0, 1]."""

    images: Tensor
    words: list[tuple[str, str, str]]
    cameras: Cameras
    backgrounds: Tensor
    times: Tensor


class Pool:
    """Draws random batches from the files of `folder`, one frame of each clip."""

    def __init__(self, folder: Path, motions: list[str], fov: float = FOV) -> None:
        self.fov = fov
        self.names = [(shape, motion) for shape in SHAPES for motion in motions]
        self.clips = [np.load(folder / f"{s}-{m}.npy", mmap_mode="r") for s, m in self.names]
        self.cameras = [np.load(folder / f"{s}-{m}.cameras.npy") for s, m in self.names]

    def draw(self, count: int, generator: torch.Generator) -> Batch:
        """A batch of training clips; held-out combinations never come."""
        clips, colours, words, poses, times = [], [], [], [], []
        for _ in range(count):
            which = _integer(len(self.names), generator)
            shape, motion = self.names[which]
            colour = draw_colour(shape, motion, generator)
            index = _integer(len(self.clips[which]), generator)
            clip = torch.from_numpy(np.array(self.clips[which][index]))
            azimuth, elevation = self.cameras[which][index]
            if _integer(2, generator):
                clip, azimuth = mirror(clip, motion), -azimuth
            frame = _integer(len(clip), generator)
            clips.append(clip[frame, None])
            times.append([(frame + 0.5) / len(clip)])
            poses.append((azimuth, elevation))
            colours.append(COLOURS[colour])
            words.append((colour, shape, motion))
        backgrounds = torch.rand(count, 1, generator=generator).expand(-1, 3)
        pose = torch.tensor(np.array(poses), dtype=torch.float32)
        images = compose(torch.stack(clips), torch.tensor(colours), backgrounds)
        return Batch(images, words, Cameras(pose[:, 0], pose[:, 1], fov=self.fov), backgrounds, torch.tensor(times))


def draw_colour(shape: str, motion: str, generator: torch.Generator) -> str:
    """A random colour that this object is seen in, in this motion."""
    places = list(SHAPES).index(shape), list(MOTIONS).index(motion)
    known = [name for colour, name in enumerate(COLOURS) if not held_out(colour, *places)]
    return known[_integer(len(known), generator)]


def mirror(clip: Tensor, motion: str) -> Tensor:
    """The clip seen from the opposite azimuth, [frames, ..., width]."""
    clip = clip.flip(-1)
    return clip.flip(0) if motion in REVERSED_BY_MIRROR else clip


def _integer(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(limit, (1,), generator=generator))
