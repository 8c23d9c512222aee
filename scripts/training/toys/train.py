"""Trains one built-in model: x0-prediction, text and pose by feature modulation, mostly high noise.

The recipe and what each part of it is worth are in the model card. A run is resumed from its newest checkpoint.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from engine.files import written_aside
from engine.models.clip_denoiser import expected_size, fold
from engine.models.world.motions import MOTIONS
from engine.models.world.shapes import SHAPES
from scripts.training.toys import components
from scripts.training.toys.pool import Batch, Pool, draw_colour

LEARNING_RATE = 8e-4
CONDITIONING_RATE = 2.0
WARM_UP = 200
DECAY_SHARE = 0.3
EMA = 0.997
DROP_TEXT = 0.1
SAVE_EVERY = 250
PLACEMENTS = 128


class Run:
    """The trainable modules of one role, their average, and where they stand; lives in `folder`."""

    def __init__(self, role: components.Role, folder: Path, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.role, self.folder, self.step, self.seconds = role, folder, 0, 0.0
        self.tokenizer = components.make_tokenizer()
        self.text_encoder = components.make_text_encoder(len(self.tokenizer))
        self.denoiser = components.make_denoiser(role)
        self.modules = torch.nn.ModuleDict({"denoiser": self.denoiser, "text_encoder": self.text_encoder})
        self.average = {name: value.detach().clone() for name, value in self.modules.named_parameters()}
        conditioning, rest = [], []
        for name, parameter in self.modules.named_parameters():
            is_conditioning = any(part in name for part in ("text_encoder", "pose_encoder", "motion_encoder", "add_embedding"))
            (conditioning if is_conditioning else rest).append(parameter)
        groups = [{"params": rest, "scale": 1.0}, {"params": conditioning, "scale": CONDITIONING_RATE}]
        self.optimiser = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.generator = torch.Generator().manual_seed(seed)
        scheduler = components.make_scheduler()
        self.signal = scheduler.alphas_cumprod.sqrt()
        self.noise = (1 - scheduler.alphas_cumprod).sqrt()
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "state.safetensors").exists():
            self._load()

    def train(self, pool: Pool, steps: int, batch_size: int) -> None:
        """Goes on to `steps` optimiser steps in all."""
        started, loss_sum = time.time() - self.seconds, 0.0
        while self.step < steps:
            rate = LEARNING_RATE * schedule(self.step, steps)
            for group in self.optimiser.param_groups:
                group["lr"] = rate * group["scale"]
            loss = self._loss(pool.draw(batch_size, self.generator))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.modules.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad()
            self.step += 1
            decay = min(EMA, 1 - 1 / (self.step + 1))
            with torch.no_grad():
                parameters = [p for _, p in self.modules.named_parameters()]
                torch._foreach_lerp_(list(self.average.values()), parameters, 1 - decay)
            loss_sum += loss.item()
            if self.step % 50 == 0:
                self.seconds = time.time() - started
                left = self.seconds / self.step * (steps - self.step)
                record = {"step": self.step, "loss": loss_sum / 50, "rate": rate, "seconds": round(self.seconds)}
                print(f"{self.role.name}: {json.dumps(record)} about {left / 60:.0f} min left", flush=True)
                with open(self.folder / "losses.jsonl", "a") as log:
                    log.write(json.dumps(record) + "\n")
                loss_sum = 0.0
            if self.step % SAVE_EVERY == 0 or self.step == steps:
                self._save()

    def load_average(self) -> None:
        """Puts the averaged weights into the modules, for sampling and export."""
        with torch.no_grad():
            for name, parameter in self.modules.named_parameters():
                parameter.copy_(self.average[name])

    def _loss(self, batch: Batch) -> Tensor:
        count = len(batch.words)
        clean = batch.images * 2 - 1
        uniform = torch.rand(count, generator=self.generator)
        # An upscaler sees the whole range of noise evenly; the others more of high noise, where words decide.
        power = 0.6 if self.role.low_size else 0.4
        timesteps = (1000 * uniform**power).long().clamp(0, 985)
        noise = torch.randn(clean.shape, generator=self.generator)
        shape = (-1, 1, 1, 1, 1)
        noisy = self.signal[timesteps].view(shape) * clean + self.noise[timesteps].view(shape) * noise
        low = degrade(clean, self.role.low_size, self.generator) if self.role.low_size else None
        prompts = [self._prompt(words) for words in batch.words]
        states = components.encode(self.text_encoder, self.tokenizer, prompts)
        estimate = self.denoiser(noisy, timesteps, states, batch.cameras, batch.backgrounds * 2 - 1, low, batch.times)
        error = balanced_error(estimate, clean, self.role.grid)
        return error + self._placement_error() if self.role.moves else error

    def _placement_error(self) -> Tensor:
        """Of the motion encoder at random words and times, against where the world puts the body."""
        times = torch.rand(PLACEMENTS, generator=self.generator)
        prompts, motions = [], []
        for which in torch.randint(len(SHAPES) * len(MOTIONS), (PLACEMENTS,), generator=self.generator).tolist():
            shape, motion = list(SHAPES)[which // len(MOTIONS)], list(MOTIONS)[which % len(MOTIONS)]
            prompts.append(self._prompt((draw_colour(shape, motion, self.generator), shape, motion)))
            # Nothing said, nothing moves.
            motions.append(list(MOTIONS).index(motion if prompts[-1] else "still"))
        states = components.encode(self.text_encoder, self.tokenizer, prompts)
        centre, rotation, scale = self.denoiser.motion_encoder(states, times)
        every = zip(*(motion(times) for motion in MOTIONS.values()), strict=True)
        true = [torch.stack(values)[motions, torch.arange(PLACEMENTS)] for values in every]
        errors = (centre - true[0], rotation - true[1], (scale / true[2]).log())
        return sum(error.square().flatten(1).sum(1).mean() for error in errors)

    def _prompt(self, words: tuple[str, str, str]) -> str:
        """The words in random order; none at all one time in ten. An image is the same whatever its motion."""
        if torch.rand(1, generator=self.generator) < DROP_TEXT:
            return ""
        colour, shape, motion = words
        if self.role.frames == 1:
            motion = list(MOTIONS)[int(torch.randint(len(MOTIONS), (1,), generator=self.generator))]
        order = torch.randperm(3, generator=self.generator).tolist()
        return " ".join((colour, shape, motion)[place] for place in order)

    def _save(self) -> None:
        tensors = {f"module.{name}": value for name, value in self.modules.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for group in range(2):
            for index, parameter in enumerate(self.optimiser.param_groups[group]["params"]):
                for key, value in self.optimiser.state[parameter].items():
                    tensors[f"optimiser.{group}.{index}.{key}"] = value
        tensors["generator"] = self.generator.get_state()
        tensors = {name: value.contiguous() for name, value in tensors.items()}
        metadata = {"step": str(self.step), "seconds": str(self.seconds)}
        with written_aside(self.folder / "state.safetensors") as part:
            save_file(tensors, part, metadata)

    def _load(self) -> None:
        from safetensors import safe_open

        path = self.folder / "state.safetensors"
        tensors = load_file(path)
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
        self.step, self.seconds = int(metadata["step"]), float(metadata["seconds"])
        self.modules.load_state_dict({k[7:]: v for k, v in tensors.items() if k.startswith("module.")})
        self.average = {name: tensors[f"average.{name}"] for name in self.average}
        for group in range(2):
            for index, parameter in enumerate(self.optimiser.param_groups[group]["params"]):
                prefix = f"optimiser.{group}.{index}."
                state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
                # Fused AdamW walks memory, so the moments must lie in it as the weights do (channels last).
                for key in ("exp_avg", "exp_avg_sq"):
                    if key in state:
                        state[key] = torch.empty_like(parameter).copy_(state[key])
                self.optimiser.state[parameter] = state
        self.generator.set_state(tensors["generator"])


@torch.no_grad()
def start_from(image: Run, video: Run) -> None:
    """Starts a video model from an image model of the same widths, as Make-A-Video does (Singer et al. 2022, section 3.2).

    What the image model does not have starts fresh; inputs that it does not have weigh nothing.
    """
    image.load_average()
    target = video.modules.state_dict()
    for name, value in image.modules.state_dict().items():
        if name.endswith("pose_encoder.embed.0.weight"):
            target[name].zero_()[:, : value.shape[1]] = value
        else:
            target[name].copy_(value)
    video.average = {name: value.detach().clone() for name, value in video.modules.named_parameters()}


def balanced_error(estimate: Tensor, clean: Tensor, grid: int) -> Tensor:
    """Squared error of clips [clips, frames, 3, size, size] by channels of their folded frames, each over its expected size.

    The minimum is that of the plain error; detail, a small part of it, is given more weight.
    """
    block = clean.shape[-1] // grid
    weight = 1 / expected_size(block)[:, None, None]
    return (fold((estimate - clean).flatten(0, 1), block).square() * weight).mean() / weight.mean() * 10


def schedule(step: int, steps: int) -> float:
    """Warm-up, a plateau, then a decay to 2 % over the last share; a longer run only lengthens the plateau."""
    decay = int(steps * DECAY_SHARE)
    left = (steps - step) / max(decay, 1)
    return min(1.0, (step + 1) / WARM_UP) * (1.0 if left >= 1 else 0.02 + 0.98 * left)


def degrade(clean: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """The low-resolution condition: down-sampled, randomly blurred towards half its resolution, a little noise."""
    count, frames = clean.shape[:2]
    low = avg_pool2d(clean.flatten(0, 1), clean.shape[-1] // size)
    blurred = interpolate(avg_pool2d(low, 2), scale_factor=2, mode="bilinear")
    share = torch.rand(count, generator=generator).repeat_interleave(frames).view(-1, 1, 1, 1)
    level = 0.1 * torch.rand(count, generator=generator).repeat_interleave(frames).view(-1, 1, 1, 1)
    low = torch.lerp(low, blurred, share) + level * torch.randn(low.shape, generator=generator)
    return low.unflatten(0, (count, frames))
