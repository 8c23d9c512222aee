"""The pool of rendered pictures: files on disk, made by a process of its own, and batches drawn from them.

A shard holds PICTURES pictures as coefficients (`engine.models.world.tracing`), their cameras, joints and what they show. It is
one safetensors file, written aside and renamed, so that it is whole whenever it is there. The pool grows to its limit, then
shards are replaced in the order that they were made.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.files import written_aside
from engine.models.world import scene, tracing
from engine.models.world.skeleton import JOINTS
from engine.models.world.words.lexicon import Words
from engine.scene.cameras import Cameras
from scripts.training.draws import Situation, draw_situation, draw_words

SIZE = 64
FOV = math.radians(27)
ELEVATION = (math.radians(-20), math.radians(65))
POSES, CAMERAS = 8, 16
PICTURES = POSES * CAMERAS
SHARD_BYTES = PICTURES * tracing.COEFFICIENTS * SIZE * SIZE
# Bodies that differ from their mirror image by more than the joints say.
ASYMMETRIC = {"flag", "snowman", "flower", "windmill", "tree", "mushroom", "octopus", "person", "train"}
MIRRORED_JOINTS = [
    JOINTS.index(name.replace("left", "right") if "left" in name else name.replace("right", "left")) for name in JOINTS
]


@dataclass(frozen=True)
class Batch:
    """images [N, 3, H, W], backgrounds [N, 3] and first and second colours [N, 2, 3], sRGB in [0, 1]; body [N, 1, H, W], how
    much of a pixel is body; words of each; cameras, and joints [N, joints, 3], in the body's axes; used [N, joints]."""

    images: Tensor
    body: Tensor
    backgrounds: Tensor
    colours: Tensor
    words: list[Words]
    cameras: Cameras
    joints: Tensor
    used: Tensor


def render_situations(situations: list[Situation], cameras: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Pictures of each situation from random cameras: coefficients [N, COEFFICIENTS, SIZE, SIZE], poses [N, 2] (azimuth and
    elevation), joints [N, joints, 3] and used [N, joints]; N = situations x cameras, situation by situation."""
    made: dict[str, list[Tensor]] = {"coefficients": [], "poses": [], "joints": [], "used": []}
    low, high = ELEVATION
    for situation in situations:
        azimuth, elevation = torch.rand(2, cameras, generator=generator)
        view = Cameras(2 * math.pi * azimuth, low + (high - low) * elevation, fov=FOV)
        body = scene.moments(situation.object, situation.limb, torch.tensor([situation.phase]), situation.proportions)
        joints, used = body.joints
        made["coefficients"].append(tracing.render_moment(body, 0, view, SIZE))
        made["poses"].append(torch.stack([view.azimuth, view.elevation], 1))
        made["joints"].append(joints.expand(cameras, -1, -1))
        made["used"].append(used.expand(cameras, -1))
    return {name: torch.cat(values).contiguous() for name, values in made.items()}


def write_shard(path: Path, situations: list[Situation], cameras: int, number: int) -> None:
    """Renders a shard by the seed `number` and puts it in place at once."""
    tensors = render_situations(situations, cameras, torch.Generator().manual_seed(number))
    shown = [[s.object, s.limb, s.proportions] for s in situations for _ in range(cameras)]
    with written_aside(path, path.with_suffix(f".{os.getpid()}.part")) as part:
        save_file(tensors, part, {"shown": json.dumps(shown), "number": str(number)})


def fill(folder: Path, limit_bytes: int, parent: int, which: int = 0, count: int = 1) -> None:
    """Renders shards until its parent process is no longer `parent`; as number `which` of `count` that share the work."""
    folder.mkdir(parents=True, exist_ok=True)
    places = max(count, limit_bytes // SHARD_BYTES)
    newest = max((Shard(path).number for path in folder.glob("*.safetensors")), default=-1)
    number = (newest // count + 1) * count + which
    while os.getppid() == parent:
        generator = torch.Generator().manual_seed(1_000_003 + number)
        situations = [draw_situation(generator) for _ in range(POSES)]
        write_shard(folder / f"shard_{number % places:05d}.safetensors", situations, CAMERAS, number)
        number += count


class Shard:
    """One file of pictures, mapped into memory; stays readable when the file is replaced."""

    def __init__(self, path: Path) -> None:
        self.file: Any = safe_open(path, "pt")
        metadata = self.file.metadata()
        self.number = int(metadata["number"])
        self.shown: list[list[str]] = json.loads(metadata["shown"])
        self.coefficients = self.file.get_slice("coefficients")

    def __len__(self) -> int:
        return len(self.shown)

    def load(self) -> Shard:
        """With all but the pictures read."""
        self.poses, self.joints, self.used = (self.file.get_tensor(name) for name in ("poses", "joints", "used"))
        return self


class Pool:
    """Draws batches from the shards of a folder; `refresh` takes in what has come since."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shards, self._seen = folder, {}, {}
        self.refresh()

    def refresh(self) -> None:
        for path in self.folder.glob("*.safetensors"):
            stamp = path.stat().st_mtime_ns
            if self._seen.get(path) != stamp:
                self.shards[path], self._seen[path] = Shard(path).load(), stamp

    def draw(self, count: int, generator: torch.Generator, kept: bool = True) -> Batch:
        """Random pictures in random colours, half of them mirrored where that is another body's picture too."""
        shards = list(self.shards.values())
        chosen = []
        for which in torch.randint(len(shards) * PICTURES, (count,), generator=generator).tolist():
            shard = shards[which // PICTURES]
            chosen.append((shard, which % len(shard)))
        return batch_of(chosen, generator, kept)


def batch_of(chosen: list[tuple[Shard, int]], generator: torch.Generator, kept: bool = True, mirrors: bool = True) -> Batch:
    """A batch of given pictures; `kept` as for `draw_words`."""
    coefficients, poses, joints, used, words = [], [], [], [], []
    for shard, index in chosen:
        name, limb, proportions = shard.shown[index]
        picture, pose, place, has = shard.coefficients[index], shard.poses[index], shard.joints[index], shard.used[index]
        if mirrors and name not in ASYMMETRIC and torch.rand(1, generator=generator) < 0.5:
            picture, pose = picture.flip(-1), pose * torch.tensor([-1.0, 1.0])
            place, has = mirror_joints(place, has)
        coefficients.append(picture)
        poses.append(pose)
        joints.append(place)
        used.append(has)
        words.append(draw_words(name, limb, proportions, generator, kept))
    pose, pictures = torch.stack(poses), torch.stack(coefficients)
    backgrounds = torch.rand(len(words), 3, generator=generator)
    cameras = Cameras(pose[:, 0], pose[:, 1], fov=FOV)
    return coloured(pictures, backgrounds, words, cameras, torch.stack(joints), torch.stack(used))


def coloured(
    coefficients: Tensor, backgrounds: Tensor, words: list[Words], cameras: Cameras, joints: Tensor, used: Tensor
) -> Batch:
    """The batch of pictures that coefficients [N, COEFFICIENTS, H, W] make in the colours of `words`."""
    colours = torch.tensor([one.colours for one in words])
    images = tracing.compose(coefficients, colours[:, 0], colours[:, 1], backgrounds)
    return Batch(images, coefficients[:, -1:].float() / 255, backgrounds, colours, words, cameras, joints, used)


def mirror_joints(joints: Tensor, used: Tensor) -> tuple[Tensor, Tensor]:
    """Joints [..., joints, 3] and used [..., joints] on the other side of x = 0, left and right exchanged."""
    return joints[..., MIRRORED_JOINTS, :] * joints.new_tensor([-1.0, 1.0, 1.0]), used[..., MIRRORED_JOINTS]
