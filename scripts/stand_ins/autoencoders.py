"""Trains the stand-ins' autoencoders, and measures what their latents have to be divided by.

The loss is the absolute error and a little of the posterior's distance from a normal distribution (Rombach et al. 2022, section
3.1), without a discriminator: the world's pictures are flat. Both learn on crops; they are convolutions throughout.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import Tensor, nn

from engine.guidance.latents import CausalLatentSpace, Latents, LatentSpace
from engine.guidance.video_frames import shown_frames
from engine.scene.render import random_backgrounds
from scripts.stand_ins import networks
from scripts.stand_ins.pictures import FRAMES, Shard, coloured
from scripts.stand_ins.run import Run
from scripts.stand_ins.sheets import save_rows
from scripts.stand_ins.words import COLOURS

RATE = 1e-3
KL = 1e-4
CROP = 32
# Pictures a step; and clips, of how many frames: the first and two groups of four.
PICTURES, CLIPS, SHOWN = 16, 2, 9
# Of the backgrounds; the others are grey.
COLOURED = 0.5
MEASURED = 64
KEPT_SHARDS = 48


def draw_clip(
    shard: Shard, which: int, generator: torch.Generator, frames: slice = slice(None)
) -> tuple[Tensor, str]:
    """Camera number `which` of a shard in a random colour before a random background: pictures [frames, 3, SIZE, SIZE] in
    [0, 1], all or those of `frames`, and the colour."""
    colour = COLOURS[int(torch.randint(len(COLOURS), (1,), generator=generator))]
    is_coloured = float(torch.rand(1, generator=generator)) < COLOURED
    background = random_backgrounds(1, generator, is_coloured)[0]
    return coloured(shard.coefficients[which, frames], shard.name, colour, background), colour


def as_video(pictures: Tensor) -> Tensor:
    """Pictures [frames, 3, H, W] of a scene as Wan is shown them, [17, 3, H, W]; what stands still stands all the time."""
    pictures = pictures.expand(FRAMES, -1, -1, -1) if len(pictures) == 1 else pictures
    return pictures[shown_frames(FRAMES, 4)]


class Crops:
    """Random crops of shards' pictures, about where the body is or anywhere."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(folder.glob("*.safetensors"))
        # A fixed part of the set is varied enough for an autoencoder.
        self.shards = [Shard.read(path) for path in random.Random(0).sample(paths, min(KEPT_SHARDS, len(paths)))]

    def pictures(self, generator: torch.Generator, count: int = PICTURES) -> Tensor:
        """[count, 3, CROP, CROP] in [0, 1]."""
        return torch.cat([_cropped(self._picture(generator), generator) for _ in range(count)])

    def clips(self, generator: torch.Generator, count: int = CLIPS) -> Tensor:
        """[count, SHOWN, 3, CROP, CROP] in [0, 1]."""
        return torch.stack([_cropped(self._clip(generator), generator) for _ in range(count)])

    def _picture(self, generator: torch.Generator) -> Tensor:
        shard, which = self._drawn(generator)
        moment = _below(shard.coefficients.shape[1], generator)
        return draw_clip(shard, which, generator, slice(moment, moment + 1))[0]

    def _clip(self, generator: torch.Generator) -> Tensor:
        clip = as_video(draw_clip(*self._drawn(generator), generator)[0])
        # Groups of four begin behind the first frame, which stands alone.
        first = 4 * _below((len(clip) - SHOWN) // 4 + 1, generator)
        return clip[first : first + SHOWN]

    def _drawn(self, generator: torch.Generator) -> tuple[Shard, int]:
        """A shard, and which of its cameras."""
        shard = self.shards[_below(len(self.shards), generator)]
        return shard, _below(len(shard.coefficients), generator)


def _below(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (1,), generator=generator))


def _cropped(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """A window [frames, 3, CROP, CROP], more often near the middle, where bodies are."""
    room = pictures.shape[-1] - CROP
    top, left = (torch.rand(2, 2, generator=generator).mean(0) * (room + 1)).long().clamp(max=room).tolist()
    return pictures[..., top : top + CROP, left : left + CROP]


def autoencoder_loss(name: str, network: Any, pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Mean absolute error of what comes back of pictures [N, 3, H, W] or clips [N, frames, 3, H, W] in [0, 1], and KL."""
    pixels = pictures * 2 - 1
    if name == "image":
        posterior = network.encode(pixels).latent_dist
        back = network.decode(_drawn(posterior, generator)).sample
    else:
        pixels = pixels.transpose(1, 2)
        posterior = DiagonalGaussianDistribution(network._encode(pixels))
        back = unlimited(network, _drawn(posterior, generator))
    divergence = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).mean()
    return (back - pixels).abs().mean() + KL * divergence


def unlimited(network: Any, latents: Tensor) -> Tensor:
    """As AutoencoderKLWan decodes latents [N, channels, latent frames, h, w], [N, 3, frames, H, W], without its limits at black
    and white: beyond those a decoder in training would learn nothing."""
    network.clear_cache()
    hidden, decoded = network.post_quant_conv(latents), []
    for frame in range(hidden.shape[2]):
        part = hidden[:, :, frame : frame + 1]
        decoded.append(network.decoder(part, feat_cache=network._feat_map, feat_idx=[0], first_chunk=frame == 0))
    network.clear_cache()
    return torch.cat(decoded, 2)


def _drawn(posterior: Any, generator: torch.Generator) -> Tensor:
    return posterior.mean + posterior.std * torch.randn(posterior.mean.shape, generator=generator)


def latent_space(name: str, network: Any) -> Latents:
    """As the engine encodes with it."""
    return LatentSpace(network) if name == "image" else CausalLatentSpace(network)


@torch.no_grad()
def measure(name: str, network: Any, crops: Crops) -> None:
    """Puts into the network's config what makes its latents of mean square 1: a factor, or mean and deviation by channel."""
    generator = torch.Generator().manual_seed(1)
    if name == "image":
        network.register_to_config(scaling_factor=1.0)
        latents = LatentSpace(network).encode(crops.pictures(generator, MEASURED))
        network.register_to_config(scaling_factor=float(1 / latents.square().mean().sqrt()))
        return
    channels = network.config.z_dim
    network.register_to_config(latents_mean=[0.0] * channels, latents_std=[1.0] * channels)
    latents = CausalLatentSpace(network).encode(crops.clips(generator, MEASURED // 4))
    mean, deviation = latents.mean((0, 1, 3, 4)), latents.std((0, 1, 3, 4))
    network.register_to_config(latents_mean=mean.tolist(), latents_std=deviation.tolist())


def train_autoencoder(folder: Path, shards: Path, name: str, steps: int) -> Any:
    """The autoencoder `name` of `networks.AUTOENCODERS`, trained to `steps` in `folder` on shards of clips, or as it was left
    there; measured, and frozen."""
    torch.manual_seed(0)
    network = networks.AUTOENCODERS[name]()
    run = Run(folder, nn.ModuleDict({"vae": network}), RATE)
    crops = Crops(shards)
    draw: Callable[[torch.Generator], Tensor] = crops.pictures if name == "image" else crops.clips

    def sheet() -> None:
        with run.averaged(), torch.no_grad():
            shown = draw(torch.Generator().manual_seed(2))[:16]
            back = round_trip(name, network, shown)
            rows = torch.stack([shown, back], 1).flatten(0, 1) if name == "video" else torch.stack([shown, back])
        save_rows(folder / f"sheet_{run.step:06d}.png", rows)

    run.train(lambda generator: autoencoder_loss(name, network, draw(generator), generator), steps, on_sheet=sheet)
    run.settle()
    measure(name, network, crops)
    return network.eval().requires_grad_(False)


@torch.no_grad()
def round_trip(name: str, network: Any, pictures: Tensor) -> Tensor:
    """What comes back of pictures [N, 3, H, W] or clips [N, frames, 3, H, W] in [0, 1] by way of the posterior's mean."""
    return decode(name, network, latent_space(name, network).encode(pictures))


@torch.no_grad()
def decode(name: str, network: Any, latents: Tensor) -> Tensor:
    """Pictures [..., 3, H, W] in [0, 1] of scaled latents, [N, channels, h, w], or [N, latent frames, channels, h, w]."""
    if name == "image":
        pixels = network.decode(latents / network.config.scaling_factor).sample
    else:
        space = CausalLatentSpace(network)
        pixels = network._decode((latents.transpose(1, 2) * space.deviation + space.mean), return_dict=False)[0].transpose(1, 2)
    return (pixels / 2 + 0.5).clamp(0, 1)
