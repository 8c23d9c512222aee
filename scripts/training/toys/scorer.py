"""Trains the scorer that evaluation judges clips with: python -m scripts.training.toys.scorer.

Clips of the world and their prompts are pulled together in a common space, all other pairs of a batch apart (Radford et al.,
CLIP, 2021). Clips are blurred, shifted, tinted and made noisy at random, as an optimised scene's renders are not quite the
world's. Two minutes to render, some minutes to train; it keeps nothing but its result.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, cross_entropy, interpolate, pad

from engine.evaluate.r_precision import every_prompt
from engine.evaluate.scorer import SIZE, Scorer, ScorerShape, save_scorer
from engine.models.presets import SCORER_FOLDER
from engine.models.world.clips import COLOURS, compose
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from scripts.training.toys import pool

CLIPS, KEPT_BACK = 32, 4
STEPS, BATCH = 1800, 64
LEARNING_RATE = 2e-3
MAX_SHIFT = 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.training.toys.scorer", description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path(".training"), help="the pool of clips")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--publish", action="store_true", help="write the scorer where evaluation finds it")
    arguments = parser.parse_args()
    folder = arguments.work / "pool" / "scorer"
    pool.make(folder, SIZE, CLIPS, list(MOTIONS))
    clips = {(s, m): np.load(folder / f"{s}-{m}.npy", mmap_mode="r") for s in SHAPES for m in MOTIONS}
    scorer = train(clips, arguments.steps, torch.Generator().manual_seed(0))
    print(json.dumps(accuracy(scorer, clips, torch.Generator().manual_seed(1))), flush=True)
    if arguments.publish:
        save_scorer(scorer, SCORER_FOLDER)


def train(clips: dict[tuple[str, str], np.ndarray], steps: int, generator: torch.Generator) -> Scorer:
    """clips: coefficients of the world's clips by object and motion, uint8 [clips, frames, 5, SIZE, SIZE]."""
    torch.manual_seed(0)
    scorer = Scorer(ScorerShape((*COLOURS, *SHAPES, *MOTIONS)))
    scale = torch.nn.Parameter(torch.tensor(math.log(10.0)))
    optimiser = torch.optim.AdamW([*scorer.parameters(), scale], lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    for step in range(1, steps + 1):
        pictures, prompts = draw(clips, BATCH, generator, slice(KEPT_BACK, None))
        cosines = scorer.clips(augment(pictures, generator)) @ scorer.prompts(prompts).T * scale.exp().clamp(max=100)
        # The same prompt twice in a batch is right both times.
        same = torch.tensor([[one == other for other in prompts] for one in prompts]).float()
        wanted = same / same.sum(1, keepdim=True)
        loss = (cross_entropy(cosines, wanted) + cross_entropy(cosines.T, wanted)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(f"scorer: step {step} of {steps}, loss {loss.item():.3f}", flush=True)
    return scorer.eval().requires_grad_(False)


def draw(
    clips: dict[tuple[str, str], np.ndarray], count: int, generator: torch.Generator, which: slice
) -> tuple[Tensor, list[str]]:
    """Random clips in random colours on random greys, [count, frames, 3, SIZE, SIZE], and their prompts."""
    names, colours, pictures, prompts = list(clips), list(COLOURS), [], []
    for _ in range(count):
        shape, motion = names[int(torch.randint(len(names), (1,), generator=generator))]
        known = clips[shape, motion][which]
        clip = torch.from_numpy(np.array(known[int(torch.randint(len(known), (1,), generator=generator))]))
        if torch.rand(1, generator=generator) < 0.5:
            clip = pool.mirror(clip, motion)
        colour = colours[int(torch.randint(len(colours), (1,), generator=generator))]
        grey = torch.rand(1, 1, generator=generator).expand(1, 3)
        pictures.append(compose(clip[None], torch.tensor([COLOURS[colour]]), grey))
        prompts.append(f"{colour} {shape} {motion}")
    return torch.cat(pictures), prompts


def augment(clips: Tensor, generator: torch.Generator) -> Tensor:
    """Blur, shift, brightness and noise, each clip its own; [clips, frames, 3, SIZE, SIZE] in [0, 1] in and out."""
    count, frames = clips.shape[:2]
    flat = clips.flatten(0, 1)
    blurred = interpolate(avg_pool2d(flat, 2), size=SIZE, mode="bilinear").view(clips.shape)
    share, gain, level = torch.rand(3, count, 1, 1, 1, 1, generator=generator)
    clips = torch.lerp(clips, blurred, share) * (0.85 + 0.3 * gain)
    shifts = torch.randint(2 * MAX_SHIFT + 1, (count, 2), generator=generator).tolist()
    padded = pad(clips.flatten(0, 1), (MAX_SHIFT,) * 4, mode="replicate").unflatten(0, (count, frames))
    clips = torch.stack([padded[i, :, :, y : y + SIZE, x : x + SIZE] for i, (y, x) in enumerate(shifts)])
    return (clips + 0.06 * level * torch.randn(clips.shape, generator=generator)).clamp(0, 1)


@torch.no_grad()
def accuracy(scorer: Scorer, clips: dict[tuple[str, str], np.ndarray], generator: torch.Generator) -> dict[str, float]:
    """Of the world's own clips that were kept back, one view each: how often the prompt, its colour, object and motion win."""
    prompts, right = every_prompt(), {"colour": 0, "object": 0, "motion": 0, "prompt": 0}
    states, count = scorer.prompts(prompts), 640
    pictures, true = draw(clips, count, generator, slice(0, KEPT_BACK))
    for clip, prompt in zip(pictures, true, strict=True):
        found = prompts[int((states @ scorer.clips(clip[None]).T).argmax())]
        hits = [one == other for one, other in zip(found.split(), prompt.split(), strict=True)]
        for key, hit in zip(right, (*hits, all(hits)), strict=True):
            right[key] += hit
    return {key: value / count for key, value in right.items()}


if __name__ == "__main__":
    main()
