"""Rendered pictures of what the stand-ins know, as coefficients (`engine.models.world.tracing`), a shard a file.

A shard shows one object in one motion from CAMERAS cameras: for the models of rings of four views, at one moment; for the
others, a clip of FRAMES moments as the engine shows a scene, or one moment of what stands still. Which shard shows what follows
from its number alone, so that a set that was stopped goes on, and may be made larger later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.config.recipes import MVDREAM
from engine.files import written_aside
from engine.guidance.denoisers.multi_view import VIEWS
from engine.guidance.public import ELEVATION
from engine.models.world import scene, tracing
from engine.models.world.placements import placement
from engine.models.world.words.lexicon import STILL
from engine.scene.cameras import FOV, Cameras, Mount, random_cameras, ring_cameras
from engine.scene.frame_times import frame_times
from scripts.stand_ins.networks import SIZE
from scripts.stand_ins.words import COLOURS, OBJECTS, motions_of, words_of

KINDS = ("clips", "rings")
FRAMES, CAMERAS = 16, 16
PAIRS = tuple((name, motion) for name in OBJECTS for motion in motions_of(name))
# Of rings: at rest in the middle of the scene, which is what a scene begins with.
AT_REST = 0.5


@dataclass(frozen=True)
class SeenByBody:
    """Cameras of the scene as a body has them about it at one moment: centre [3], rotation [3, 3] and scale [3], all three the
    same, take the body's axes to the scene's."""

    cameras: Cameras
    centre: Tensor
    rotation: Tensor
    scale: Tensor

    @property
    def fov(self) -> float:
        return self.cameras.fov

    def __len__(self) -> int:
        return len(self.cameras)

    def _carried(self) -> Cameras:
        back = self.rotation.T / self.scale[:, None]
        mount = Mount(-(back @ self.centre)[None], back[None])
        return Cameras(
            self.cameras.azimuth[:, None], self.cameras.elevation[:, None], self.cameras.distance, self.cameras.fov, mount
        )

    def positions(self) -> Tensor:
        """Camera centres in the body's axes, [cameras, 3]."""
        return self._carried().positions()[:, 0]

    def rays(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Origins and unit directions in the body's axes, [cameras, height, width, 3] each."""
        origins, directions = self._carried().rays(height, width)
        return origins[:, 0], directions[:, 0]


def render(name: str, motion: str, times: Tensor, cameras: Cameras, size: int = SIZE) -> Tensor:
    """An object in a motion at `times` [frames] of the clip, where it is in the scene, uint8 [cameras, frames, COEFFICIENTS,
    size, size]."""
    words = words_of(COLOURS[0], name, motion)
    bodies = scene.moments(name, words.limb, times, "", words.cycles[0])
    placed = placement(words.whole, times, words.size, words.cycles[1])
    frames = []
    for moment in range(len(times)):
        seen = SeenByBody(cameras, *(value[moment] for value in placed))
        frames.append(tracing.render_moment(bodies, moment, seen, size))
    return torch.stack(frames, 1)


def render_shard(kind: str, number: int) -> dict[str, Tensor | str]:
    """coefficients [CAMERAS, frames, COEFFICIENTS, SIZE, SIZE], azimuth and elevation [CAMERAS]; object and motion."""
    name, motion = PAIRS[number % len(PAIRS)]
    generator = torch.Generator().manual_seed(1_000_003 * (1 + KINDS.index(kind)) + number)
    if kind == "clips":
        cameras = random_cameras(CAMERAS, generator, ELEVATION, FOV)
        times = frame_times(FRAMES) if motion != STILL else torch.zeros(1)
    else:
        cameras = ring_cameras(CAMERAS, VIEWS, generator, ELEVATION, MVDREAM.fov)
        rests, moment = torch.rand(2, generator=generator)
        motion = STILL if rests < AT_REST else motion
        times = moment[None]
    made = {"coefficients": render(name, motion, times, cameras), "azimuth": cameras.azimuth, "elevation": cameras.elevation}
    return made | {"object": name, "motion": motion}


def fill(folder: Path, kind: str, count: int) -> None:
    """Renders the first `count` shards of a kind into `folder`, but for those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:05d}.safetensors"
        if path.exists():
            continue
        made = render_shard(kind, number)
        about = {key: value for key, value in made.items() if isinstance(value, str)}
        with written_aside(path) as part:
            save_file({key: value.contiguous() for key, value in made.items() if key not in about}, part, about)
        print(json.dumps({"rendered": kind, "shard": number, "of": count}), flush=True)


@dataclass(frozen=True)
class Shard:
    """What `render_shard` makes, read from its file."""

    name: str
    motion: str
    coefficients: Tensor
    azimuth: Tensor
    elevation: Tensor

    @classmethod
    def read(cls, path: Path) -> Shard:
        with safe_open(path, "pt") as file:
            about = file.metadata()
            tensors = {key: file.get_tensor(key) for key in ("coefficients", "azimuth", "elevation")}
        return cls(about["object"], about["motion"], **tensors)


def coloured(coefficients: Tensor, name: str, colour: str, background: Tensor) -> Tensor:
    """Pictures in [0, 1], [frames, 3, H, W], of coefficients [frames, COEFFICIENTS, H, W] in the colour that is said and the
    second that goes with it, before a background [3]."""
    first, second = (torch.tensor([own]).expand(len(coefficients), -1) for own in words_of(colour, name, STILL).colours)
    return tracing.compose(coefficients, first, second, background.expand(len(coefficients), -1))
