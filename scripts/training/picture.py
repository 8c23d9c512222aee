"""Trains the picture denoiser: x0-prediction of single pictures, conditioned on words, camera, colours and joints.

A run goes on from its newest checkpoint, which is written aside and renamed, so it may be killed at any time. From a kept model
folder it goes on with its step count; the optimiser starts anew and the rate warms up again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from engine.files import write_text, written_aside
from engine.models.clip_denoiser import expected_size, fold
from engine.models.picture_denoiser import BLOCK, PictureDenoiser
from scripts.training import components, motion
from scripts.training.held_out import HeldOut
from scripts.training.shards import Batch, Pool
from scripts.training.sheets import sheet

LEARNING_RATE = 8e-4
WARM_UP = 300
DECAY_SHARE = 0.5
FINAL_RATE = 0.03
EMA = 0.9995
DROP_WORDS, DROP_JOINTS = 0.1, 0.1
# Timesteps are 1000 u^NOISE_POWER: more of high noise, where outlines and motion are decided.
NOISE_POWER = 0.6
MAX_TIMESTEP = 985
BODY, GROUND = 1.3, 0.3
LOG_EVERY, REFRESH_EVERY, SAVE_EVERY, EVALUATE_EVERY, SHEET_EVERY = 50, 100, 250, 1000, 2000
STATE, TRAINING = "state.safetensors", "training.json"


class Run:
    """The denoiser, its average, its optimiser, and where they stand; lives in `folder`."""

    def __init__(
        self, folder: Path, words: dict[str, nn.Module], device: torch.device, start: Path | None = None, seed: int = 0
    ) -> None:
        """words: the trained text encoder and joint encoder. start: a kept model folder, for a run without a checkpoint."""
        torch.manual_seed(seed)
        self.folder, self.device, self.step, self.warm_from, self.seconds = folder, device, 0, 0, 0.0
        self.tokenizer = components.make_tokenizer()
        self.text_encoder, self.joint_encoder = words["text_encoder"].to(device), words["joint_encoder"].to(device)
        self.denoiser = components.make_denoiser().to(device)
        self.alphas = components.make_scheduler().alphas_cumprod.to(device)
        self.optimiser = torch.optim.AdamW(self.denoiser.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.01)
        self.generator = torch.Generator().manual_seed(seed)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / STATE).exists() and start is not None:
            self._start_from(start)
        self.average = {name: value.detach().clone() for name, value in self.denoiser.named_parameters()}
        if (folder / STATE).exists():
            self._load()

    def train(
        self, pool: Pool, held_out: HeldOut, steps: int, batch_size: int,
        minutes: float | None = None, on_refresh: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Goes on to `steps` optimiser steps in all, or for so many minutes.

        on_refresh: is called whenever the pool takes in what has come.
        """
        started, loss_sum = time.time() - self.seconds, 0.0
        begun, last = time.monotonic(), False
        while self.step < steps and not last:
            rate = LEARNING_RATE * schedule(self.step, steps, self.warm_from)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            loss = self._loss(pool.draw(batch_size, self.generator))
            self.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.denoiser.parameters(), 1.0)
            self.optimiser.step()
            self.step += 1
            last = self.step == steps or (minutes is not None and time.monotonic() - begun > 60 * minutes)
            self._follow()
            loss_sum += loss.item()
            if self.step % LOG_EVERY == 0:
                self.seconds = time.time() - started
                self._record({"step": self.step, "loss": round(loss_sum / LOG_EVERY, 5), "rate": round(rate, 6),
                              "seconds": round(self.seconds), "shards": len(pool.shards)})  # fmt: skip
                loss_sum = 0.0
            if self.step % REFRESH_EVERY == 0:
                pool.refresh()
                on_refresh()
            if self.step % SAVE_EVERY == 0 or last:
                self._save()
            if self.step % EVALUATE_EVERY == 0 or last:
                self._record({"step": self.step} | held_out.errors(self))
            if self.step % SHEET_EVERY == 0 or last:
                sheet(self, self.folder / f"sheet_{self.step:06d}.png")

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """With the averaged weights in the denoiser."""
        mine = {name: value.detach().clone() for name, value in self.denoiser.named_parameters()}
        self._put(self.average)
        try:
            yield
        finally:
            self._put(mine)

    def denoise(
        self, clean: Tensor, noise: Tensor, timesteps: Tensor, batch: Batch, prompts: list[str], used: Tensor
    ) -> Tensor:
        """The estimate of clean pictures [N, 3, H, W] in [-1, 1] under `noise` of that shape at `timesteps` [N]."""
        timesteps = timesteps.to(self.device)
        alphas = self.alphas[timesteps]
        signal, sigma = alphas.sqrt().view(-1, 1, 1, 1), (1 - alphas).sqrt().view(-1, 1, 1, 1)
        noisy = signal * clean + sigma * noise.to(self.device)
        return self.estimate(noisy, timesteps, prompts, batch, used)

    def estimate(self, noisy: Tensor, timesteps: Tensor, prompts: list[str], batch: Batch, used: Tensor) -> Tensor:
        """The clean pictures that the denoiser sees in noisy ones, [N, 3, H, W]; of `batch` only the conditions count, and
        colours only where there is a prompt."""
        states = components.encode(self.text_encoder, self.tokenizer, prompts)
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.denoiser(
                noisy, timesteps, self.alphas[timesteps], states, batch.cameras.to(self.device),
                (batch.backgrounds * 2 - 1).to(self.device), (batch.colours * 2 - 1).to(self.device),
                torch.tensor([bool(prompt) for prompt in prompts], device=self.device), batch.joints.to(self.device),
                used.to(self.device),
            ).float()  # fmt: skip

    def _loss(self, batch: Batch) -> Tensor:
        count = len(batch.words)
        clean = (batch.images * 2 - 1).to(self.device)
        uniform, silent, blind = torch.rand(3, count, generator=self.generator)
        timesteps = (1000 * uniform**NOISE_POWER).long().clamp(0, MAX_TIMESTEP)
        noise = torch.randn(clean.shape, generator=self.generator)
        prompts = ["" if drop < DROP_WORDS else str(words) for words, drop in zip(batch.words, silent.tolist(), strict=True)]
        used = batch.used & (blind >= DROP_JOINTS)[:, None]
        estimate = self.denoise(clean, noise, timesteps, batch, prompts, used)
        sigma = (1 - self.alphas[timesteps.to(self.device)]).sqrt()
        return weighted_error(estimate, clean, batch.body.to(self.device), sigma)

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(EMA, (self.step + 1) / (self.step + 20))
        torch._foreach_lerp_(list(self.average.values()), list(self.denoiser.parameters()), 1 - decay)

    @torch.no_grad()
    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self.denoiser.named_parameters():
            parameter.copy_(weights[name])

    def _record(self, record: dict) -> None:
        print(f"picture: {json.dumps(record)}", flush=True)
        with open(self.folder / "losses.jsonl", "a") as log:
            log.write(json.dumps(record) + "\n")

    def _save(self) -> None:
        tensors = {f"weight.{name}": value for name, value in self.denoiser.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for name, parameter in self.denoiser.named_parameters():
            tensors |= {f"optimiser.{name}.{key}": value for key, value in self.optimiser.state[parameter].items()}
        tensors["generator"] = self.generator.get_state()
        tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        metadata = {"step": self.step, "warm_from": self.warm_from, "seconds": self.seconds}
        with written_aside(self.folder / STATE) as part:
            save_file(tensors, part, {key: str(value) for key, value in metadata.items()})

    def _load(self) -> None:
        tensors, metadata = load_file(self.folder / STATE), read_metadata(self.folder / STATE)
        self.step, self.warm_from = int(metadata["step"]), int(metadata["warm_from"])
        self.seconds = float(metadata["seconds"])
        self._put({name.removeprefix("weight."): value for name, value in tensors.items() if name.startswith("weight.")})
        for name, value in self.average.items():
            value.copy_(tensors[f"average.{name}"])
        for name, parameter in self.denoiser.named_parameters():
            prefix = f"optimiser.{name}."
            state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            # The moments lie in memory as the weights do (channels last).
            for key in state.keys() & {"exp_avg", "exp_avg_sq"}:
                state[key] = torch.empty_like(parameter).copy_(state[key])
            self.optimiser.state[parameter] = state
        self.generator.set_state(tensors["generator"])

    @torch.no_grad()
    def _start_from(self, folder: Path) -> None:
        self.step = self.warm_from = json.loads((folder / TRAINING).read_text())["step"]
        kept = load_file(next((folder / "unet").glob("*.safetensors")))
        self._put({name: value.float() for name, value in kept.items()})
        self.generator.manual_seed(self.step)


def weighted_error(estimate: Tensor, clean: Tensor, body: Tensor, sigma: Tensor) -> Tensor:
    """Squared error of pictures [N, 3, H, W]: more on the body [N, 1, H, W], more for detail than its size, and more under
    little noise (sigma [N]), where little is left to say. The minimum is that of the plain error."""
    detail = expected_size(BLOCK).to(estimate).rsqrt()
    where = GROUND + (BODY - GROUND) * max_pool2d(body, BLOCK)
    error = fold(estimate - clean, BLOCK).square() * (detail / detail.mean())[:, None, None] * where
    return (error.mean((1, 2, 3)) / sigma.clamp(min=0.2)).mean()


def schedule(step: int, steps: int, warm_from: int = 0) -> float:
    """Warm-up from step `warm_from`, a plateau, then a decay over the last share of all steps."""
    left = (steps - step) / max(steps * DECAY_SHARE, 1)
    return min(1.0, (step + 1 - warm_from) / WARM_UP) * max(FINAL_RATE, min(1.0, left))


def read_metadata(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return file.metadata()


def checkpoint_of(start: Path | None) -> Path | None:
    """The kept folder to start from; raises FileNotFoundError where it is none."""
    if start is not None and not (start / TRAINING).exists():
        raise FileNotFoundError(f"{start} holds no {TRAINING}: it was not written by --keep")
    return start


def write_model(work: Path, target: Path) -> int:
    """Writes the averaged weights as a model folder in half precision, from the newest checkpoint alone, so that the run may be
    going on beside it; returns the step."""
    state = work / "picture" / STATE
    tensors, step = load_file(state), int(read_metadata(state)["step"])
    denoiser: PictureDenoiser = components.make_denoiser()
    denoiser.load_state_dict({k.removeprefix("average."): v for k, v in tensors.items() if k.startswith("average.")})
    networks = motion.load(work / "motion" / motion.NETWORKS)
    components.save(target, {"unet": denoiser, **networks}, components.make_tokenizer())
    write_text(target / TRAINING, json.dumps({"step": step}) + "\n")
    return step
