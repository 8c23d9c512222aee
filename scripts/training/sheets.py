"""Samples of the model in training: pictures by DDIM, and contact sheets to look at."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import imageio.v3 as imageio
import torch
from torch import Tensor

from engine.guidance.sds import classifier_free_guidance
from engine.models.world import scene, tracing
from engine.models.world.words.lexicon import Words, natural
from engine.scene.cameras import Cameras
from scripts.training import components
from scripts.training.shards import FOV, SIZE, Batch, coloured

if TYPE_CHECKING:
    from scripts.training.picture import Run

STEPS = 20
MOMENTS = 6
# Object, limb motion, first colour where it is not the object's own; some of the pairs are held out of training.
SHOWN = (
    ("dog", "running", None), ("horse", "running", None), ("cat", "walking", None), ("bird", "flying", None),
    ("fish", "swimming", "red"), ("octopus", "swimming", None), ("person", "waving", None), ("robot", "dancing", "orange"),
    ("dragon", "flying", "purple"), ("snake", "crawling", None), ("elephant", "running", None), ("flower", "opening", None),
    ("butterfly", "flying", "cyan"), ("train", "turning", None),
)  # fmt: skip


@torch.no_grad()
def sample(run: Run, prompts: list[str], told: Batch, seed: int = 0, scale: float = 1.0) -> Tensor:
    """Pictures [N, 3, SIZE, SIZE] in [0, 1] by DDIM with the averaged weights; of `told` the pictures do not count."""
    generator = torch.Generator().manual_seed(seed)
    scheduler = components.make_scheduler()
    scheduler.set_timesteps(STEPS)
    pictures = torch.randn(len(prompts), 3, SIZE, SIZE, generator=generator).to(run.device)
    with run.averaged():
        for timestep in scheduler.timesteps:
            at = timestep.expand(len(prompts)).to(run.device)
            clean = run.estimate(pictures, at, prompts, told, told.used)
            if scale != 1:
                clean = classifier_free_guidance(clean, run.estimate(pictures, at, [""] * len(prompts), told, told.used), scale)
            pictures = scheduler.step(clean, timestep, pictures).prev_sample
    return (pictures / 2 + 0.5).clamp(0, 1)


def truth(words: list[Words], phases: Tensor, cameras: Cameras, backgrounds: Tensor) -> Batch:
    """What the world shows for words at phases [N] of their limb motion's cycle, one camera each."""
    pictures, joints, used = [], [], []
    for index, one in enumerate(words):
        size = one.size if one.size in scene.PROPORTIONS else ""
        body = scene.moments(one.object, one.limb, phases[index, None], size)
        view = Cameras(cameras.azimuth[index, None], cameras.elevation[index, None], cameras.distance, cameras.fov)
        pictures.append(tracing.render_moment(body, 0, view, SIZE))
        places, has = body.joints
        joints.append(places)
        used.append(has[None])
    return coloured(torch.cat(pictures), backgrounds, words, cameras, torch.cat(joints), torch.cat(used))


def sheet(run: Run, path: Path) -> None:
    """A contact sheet: for each of SHOWN a row of samples over a cycle, the truth at their right."""
    words, azimuths = [], []
    for index, (name, limb, colour) in enumerate(SHOWN):
        words += [Words(*natural(name, colour), name, limb)] * MOMENTS
        azimuths += [0.6 + 0.9 * index] * MOMENTS
    azimuth = torch.tensor(azimuths)
    phases = (torch.arange(MOMENTS) / MOMENTS).repeat(len(SHOWN))
    cameras = Cameras(azimuth, 0.3 + 0.3 * azimuth.sin(), distance=3.2, fov=FOV)
    backgrounds = torch.stack([0.6 + 0.25 * (azimuth + shift).sin() for shift in (0, 2 * math.pi / 3, 4 * math.pi / 3)], 1)
    true = truth(words, phases, cameras, backgrounds)
    sampled = sample(run, [str(one) for one in words], true)
    rows = torch.cat([sampled.cpu().unflatten(0, (-1, MOMENTS)), true.images.unflatten(0, (-1, MOMENTS))], 1)
    picture = torch.cat([torch.cat(list(row), -1) for row in rows], -2)
    imageio.imwrite(path, (picture * 255).to(torch.uint8).permute(1, 2, 0).numpy())
