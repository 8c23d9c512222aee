"""Sample quality on combinations that were held out of training, judged without the model.

For each camera every object in every motion is rendered by the analytic world; a sample is read as the colour, object and
motion of the render it is nearest to. The upscaler is measured by PSNR against bilinear enlargement.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from engine.models.world.clips import COLOURS, compose, render_coefficients
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from engine.scene.cameras import Cameras, random_cameras
from scripts.training.toys import components
from scripts.training.toys.pool import ELEVATION, held_out
from scripts.training.toys.sample import sample, truth
from scripts.training.toys.train import Run


def held_out_words() -> list[tuple[str, str, str]]:
    """Every held-out (colour, object, motion)."""
    every = itertools.product(enumerate(COLOURS), enumerate(SHAPES), enumerate(MOTIONS))
    return [(colour, shape, motion) for (c, colour), (s, shape), (m, motion) in every if held_out(c, s, m)]


def evaluate(run: Run, views: int = 4, per_view: int = 20, seed: int = 1) -> dict[str, float]:
    """Shares of samples whose colour, object, motion and all three are right, over `views` random cameras."""
    generator = torch.Generator().manual_seed(seed)
    cameras = random_cameras(views, generator, ELEVATION, run.role.fov)
    words = held_out_words()
    right = {"colour": 0, "object": 0, "motion": 0, "all": 0}
    for view in range(views):
        chosen = [words[i] for i in torch.randperm(len(words), generator=generator)[:per_view].tolist()]
        one = Cameras(cameras.azimuth[view, None], cameras.elevation[view, None], cameras.distance, cameras.fov)
        samples = sample(run, [" ".join(w) for w in chosen], one.repeat_interleave(per_view), seed + view)
        names, clips = references(one, run)
        for clip, expected in zip(samples, chosen, strict=True):
            found = names[int((clips - clip).square().flatten(1).mean(1).argmin())]
            hits = [a == b for a, b in zip(found, expected, strict=True)]
            if run.role.frames == 1:
                hits[2] = True
            for key, hit in zip(right, (*hits, all(hits)), strict=True):
                right[key] += hit
    return {key: count / (views * per_view) for key, count in right.items()}


def references(camera: Cameras, run: Run) -> tuple[list[tuple[str, str, str]], Tensor]:
    """Every combination as the world shows it from one camera: names, and clips [combinations, frames, 3, size, size]."""
    names, clips = [], []
    motions = ["still"] if run.role.frames == 1 else list(MOTIONS)
    for shape, motion in itertools.product(SHAPES, motions):
        coefficients = render_coefficients(shape, motion, camera, run.role.size, run.role.frames)
        many = coefficients.expand(len(COLOURS), -1, -1, -1, -1)
        clips.append(compose(many, torch.tensor(list(COLOURS.values())), torch.full((len(COLOURS), 3), 0.45)))
        names += [(colour, shape, motion) for colour in COLOURS]
    return names, torch.cat(clips)


def evaluate_upscaler(run: Run, count: int = 16, seed: int = 1) -> dict[str, float]:
    """PSNR in dB against the true high-resolution clips, held out: of samples, of a single estimate in the middle of the noise,
    as score distillation asks for, and of bilinear enlargement."""
    generator = torch.Generator().manual_seed(seed)
    words = held_out_words()
    prompts = [" ".join(words[i]) for i in torch.randperm(len(words), generator=generator)[:count].tolist()]
    cameras = random_cameras(count, generator, ELEVATION, run.role.fov)
    true = truth(run, prompts, cameras)
    low = torch.nn.functional.avg_pool2d(true.flatten(0, 1), run.role.size // run.role.low_size)
    enlarged = interpolate(low, size=run.role.size, mode="bilinear").view(true.shape)
    sampled = sample(run, prompts, cameras, seed)
    once = estimate_once(run, prompts, cameras, true, low.unflatten(0, true.shape[:2]), generator)
    return {"psnr": _psnr(sampled, true), "psnr_once": _psnr(once, true), "psnr_bilinear": _psnr(enlarged, true)}


@torch.no_grad()
def estimate_once(
    run: Run, prompts: list[str], cameras: Cameras, true: Tensor, low: Tensor, generator: torch.Generator
) -> Tensor:
    """The model's clean estimate of `true` [prompts, frames, 3, H, W] under noise at timestep 500, given `low`; in [0, 1]."""
    timesteps = torch.full((len(prompts),), 500)
    noise = torch.randn(true.shape, generator=generator)
    noisy = run.signal[500] * (true * 2 - 1) + run.noise[500] * noise
    states = components.encode(run.text_encoder, run.tokenizer, prompts)
    # The grey that `truth` renders on.
    background = torch.full((len(prompts), 3), -0.1)
    return run.denoiser(noisy, timesteps, states, cameras, background, low * 2 - 1) / 2 + 0.5


def _psnr(one: Tensor, other: Tensor) -> float:
    return -10 * math.log10(float((one - other).square().mean()))
