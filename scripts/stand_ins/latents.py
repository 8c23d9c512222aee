"""What a denoiser learns from: latents of coloured pictures, encoded once, and captions that are drawn anew each time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.config.recipes import MVDREAM
from engine.files import written_aside
from engine.guidance.denoisers.multi_view import VIEWS
from engine.models.world.words.lexicon import STILL
from engine.scene.cameras import FOV, Cameras
from engine.scene.render import random_backgrounds
from scripts.stand_ins.autoencoders import COLOURED, as_video, draw_clip, latent_space
from scripts.stand_ins.networks import autoencoder_of
from scripts.stand_ins.pictures import Shard, coloured
from scripts.stand_ins.words import COLOURS, KNOWS_CAMERAS, caption, motions_of

# How often each clip, still camera or ring is coloured and encoded; and moments of a moving clip that become pictures.
CLIP_TIMES, STILL_TIMES, RING_TIMES = 2, 2, 4
MOMENTS = 3
# What stands still is said to move so often: a picture of something that is about to.
ABOUT_TO_MOVE = 0.6


@dataclass(frozen=True)
class Latents:
    """values [N, ...]: of a picture [channels, h, w], of VIEWS of them, or of a clip [latent frames, channels, h, w]; and of
    each, words and cameras [N] or [N, VIEWS]."""

    values: Tensor
    colours: list[str]
    names: list[str]
    motions: list[str]
    azimuth: Tensor
    elevation: Tensor

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Batch:
    """clean: as a denoiser takes it, [rows, ...]; texts: a row's each; cameras: of the rows."""

    clean: Tensor
    texts: list[str]
    cameras: Cameras


@torch.no_grad()
def encode_shard(role: str, vae: Any, shard: Shard, generator: torch.Generator) -> Latents:
    """A shard's pictures for a role, in random colours before random backgrounds, through the autoencoder."""
    space, found, colours, places = latent_space(autoencoder_of(role), vae), [], [], []
    if role in KNOWS_CAMERAS:
        for start in list(range(0, len(shard.coefficients), VIEWS)) * RING_TIMES:
            colour = COLOURS[int(torch.randint(len(COLOURS), (1,), generator=generator))]
            # One background for all that is seen together, as a stage draws them.
            background = random_backgrounds(1, generator, float(torch.rand(1, generator=generator)) < COLOURED)[0]
            ring = list(range(start, start + VIEWS))
            found.append(space.encode(coloured(shard.coefficients[ring, 0], shard.name, colour, background)))
            colours.append(colour)
            places.append(ring)
    else:
        times = STILL_TIMES if shard.motion == STILL else CLIP_TIMES
        for which in list(range(len(shard.coefficients))) * times:
            clip, colour = draw_clip(shard, which, generator)
            if role == "video":
                kept = space.encode(as_video(clip)[None])
            else:
                kept = space.encode(clip[torch.randperm(len(clip), generator=generator)[:MOMENTS]])
            found.append(kept)
            colours += [colour] * len(kept)
            places += [which] * len(kept)
    values = torch.stack(found) if role in KNOWS_CAMERAS else torch.cat(found)
    count = len(values)
    place = torch.tensor(places)
    names, motions = [shard.name] * count, [shard.motion] * count
    return Latents(values.half(), colours, names, motions, shard.azimuth[place], shard.elevation[place])


def encode_all(role: str, vae: Any, shards: Path, folder: Path) -> Latents:
    """Of every shard in `shards`, kept in `folder`: those that are there already are read."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for path in sorted(shards.glob("*.safetensors")):
        target = folder / path.name
        if not target.exists():
            encoded = encode_shard(role, vae, Shard.read(path), torch.Generator().manual_seed(int(path.stem)))
            words = {name: getattr(encoded, name) for name in ("colours", "names", "motions")}
            tensors = {name: getattr(encoded, name).contiguous() for name in ("values", "azimuth", "elevation")}
            with written_aside(target) as part:
                save_file(tensors, part, {"words": json.dumps(words)})
            print(json.dumps({"encoded": role, "shard": path.stem}), flush=True)
        with safe_open(target, "pt") as file:
            words = json.loads(file.metadata()["words"])
            made.append(Latents(**words, **{name: file.get_tensor(name) for name in ("values", "azimuth", "elevation")}))
    tensors = {name: torch.cat([getattr(each, name) for each in made]) for name in ("values", "azimuth", "elevation")}
    words = {name: [word for each in made for word in getattr(each, name)] for name in ("colours", "names", "motions")}
    return Latents(**tensors, **words)


def draw_batch(role: str, latents: Latents, count: int, generator: torch.Generator) -> Batch:
    """Random `count` of them with captions."""
    chosen = torch.randint(len(latents), (count,), generator=generator)
    texts = [_caption(role, latents, index, generator) for index in chosen.tolist()]
    values = latents.values[chosen].float()
    azimuth, elevation = latents.azimuth[chosen], latents.elevation[chosen]
    if role not in KNOWS_CAMERAS:
        return Batch(values, texts, Cameras(azimuth, elevation, fov=FOV))
    texts = [text for text in texts for _ in range(VIEWS)]
    return Batch(values.flatten(0, 1), texts, Cameras(azimuth.flatten(), elevation.flatten(), fov=MVDREAM.fov))


def _caption(role: str, latents: Latents, index: int, generator: torch.Generator) -> str:
    name, motion = latents.names[index], latents.motions[index]
    if role != "video" and motion == STILL and float(torch.rand(1, generator=generator)) < ABOUT_TO_MOVE:
        options = motions_of(name)[1:]
        motion = options[int(torch.randint(len(options), (1,), generator=generator))]
    place = 0.0, 0.0
    if role not in KNOWS_CAMERAS:
        place = float(latents.azimuth[index]), float(latents.elevation[index])
    return caption(role, latents.colours[index], name, motion, *place, generator)
