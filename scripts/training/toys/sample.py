"""Samples of a model in training: clips by DDIM, and contact sheets to look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import imageio.v3 as imageio
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from engine.guidance.sds import classifier_free_guidance
from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.scene.cameras import Cameras
from scripts.training.toys import components
from scripts.training.toys.train import Run

STEPS = 20
SHEET_PROMPTS = (
    "red ball bouncing", "blue cube spinning", "green cone orbiting", "yellow duck sliding", "purple cylinder growing",
    "cyan torus swinging", "orange fish jumping", "white snowman still", "red car spinning", "green mushroom bouncing",
)  # fmt: skip


@torch.no_grad()
def sample(run: Run, prompts: list[str], cameras: Cameras, seed: int = 0, scale: float = 1.0) -> Tensor:
    """Clips [prompts, frames, 3, size, size] in [0, 1] on a mid grey; one camera a prompt. An upscaler gets true low clips."""
    role, count = run.role, len(prompts)
    generator = torch.Generator().manual_seed(seed)
    scheduler = components.make_scheduler()
    scheduler.set_timesteps(STEPS)
    clips = torch.randn(count, role.frames, 3, role.size, role.size, generator=generator)
    states = components.encode(run.text_encoder, run.tokenizer, [*prompts, *[""] * count])
    asked = 1 if scale == 1 else 2
    states, background = states[: asked * count], torch.full((asked * count, 3), -0.1)
    low = None
    if role.low_size:
        low = avg_pool2d(truth(run, prompts, cameras).flatten(0, 1), role.size // role.low_size) * 2 - 1
        low = low.unflatten(0, (count, role.frames)).repeat(asked, 1, 1, 1, 1)
    each = replace(cameras, azimuth=cameras.azimuth.repeat(asked), elevation=cameras.elevation.repeat(asked))
    for timestep in scheduler.timesteps:
        outputs = run.denoiser(
            clips.repeat(asked, 1, 1, 1, 1), timestep.expand(asked * count), states, each, background, low
        ).chunk(asked)
        clips = scheduler.step(classifier_free_guidance(outputs[0], outputs[-1], scale), timestep, clips).prev_sample
    return (clips / 2 + 0.5).clamp(0, 1)


def truth(run: Run, prompts: list[str], cameras: Cameras) -> Tensor:
    """What the world shows for the same prompts and cameras, in the shape of `sample`."""
    clips = []
    for index, prompt in enumerate(prompts):
        colour, shape, motion = prompt.split()
        one = Cameras(cameras.azimuth[index, None], cameras.elevation[index, None], cameras.distance, cameras.fov)
        motion = "still" if run.role.frames == 1 else motion
        coefficients = render_coefficients(shape, motion, one, run.role.size, run.role.frames)
        clips.append(compose(coefficients, torch.tensor([COLOURS[colour]]), torch.full((1, 3), 0.45)))
    return torch.cat(clips)


def sheet(run: Run, path: Path) -> None:
    """A contact sheet: for each prompt a row of the sample and below it the truth."""
    count = len(SHEET_PROMPTS)
    azimuth = torch.linspace(0, 5.5, count)
    cameras = Cameras(azimuth, 0.3 + 0.3 * azimuth.sin(), fov=run.role.fov)
    sampled = sample(run, list(SHEET_PROMPTS), cameras)
    rows = torch.stack([sampled, truth(run, list(SHEET_PROMPTS), cameras)], 1).flatten(0, 1)
    picture = torch.cat([torch.cat(list(row), -1) for row in rows], -2)
    path.parent.mkdir(parents=True, exist_ok=True)
    imageio.imwrite(path, (picture * 255).to(torch.uint8).permute(1, 2, 0).numpy())
