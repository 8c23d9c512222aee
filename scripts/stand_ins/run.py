"""A training run that may be killed at any time: networks, their average, the optimiser, and where they stand."""

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

from engine.files import written_aside

EMA = 0.999
WARM_UP = 100
DECAY_SHARE, FINAL_RATE = 0.4, 0.03
LOG_EVERY, SAVE_EVERY, SHEET_EVERY = 20, 100, 500
STATE = "state.safetensors"


class Run:
    """`networks`, in training in `folder`; goes on from its checkpoint, written aside and renamed, where there is one."""

    def __init__(self, folder: Path, networks: nn.ModuleDict, rate: float, seed: int = 0) -> None:
        self.folder, self.networks, self.rate = folder, networks, rate
        self.step, self.seconds = 0, 0.0
        self.generator = torch.Generator().manual_seed(seed)
        self.optimiser = torch.optim.AdamW(networks.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
        self.average = {name: value.detach().clone() for name, value in networks.named_parameters()}
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / STATE).exists():
            self._load()

    def train(
        self, loss: Callable[[torch.Generator], Tensor], steps: int, on_save: Callable[[], None] = lambda: None,
        on_sheet: Callable[[], None] = lambda: None, until: int | None = None,
    ) -> None:  # fmt: skip
        """Goes on to step `until` of `steps` in all, or to the end.

        loss: of a batch that it draws. on_save: is called when a checkpoint has been written; on_sheet: every SHEET_EVERY steps
        and at the last.
        """
        started, total = time.monotonic() - self.seconds, 0.0
        last = steps if until is None else min(until, steps)
        self.networks.train()
        while self.step < last:
            for group in self.optimiser.param_groups:
                group["lr"] = self.rate * schedule(self.step, steps)
            error = loss(self.generator)
            self.optimiser.zero_grad()
            error.backward()
            nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
            self.optimiser.step()
            self.step += 1
            self._follow()
            total += error.item()
            if self.step % LOG_EVERY == 0:
                self.seconds = time.monotonic() - started
                self._record({"step": self.step, "loss": round(total / LOG_EVERY, 5), "seconds": round(self.seconds)})
                total = 0.0
            if self.step % SAVE_EVERY == 0 or self.step == last:
                self.save()
                on_save()
            if self.step % SHEET_EVERY == 0 or self.step == last:
                on_sheet()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """With the averaged weights in the networks, which are in evaluation mode meanwhile."""
        mine = {name: value.detach().clone() for name, value in self.networks.named_parameters()}
        self._put(self.average)
        self.networks.eval()
        try:
            yield
        finally:
            self._put(mine)
            self.networks.train()

    def settle(self) -> None:
        """Leaves the averaged weights in the networks for good: the run is over."""
        self._put(self.average)
        self.networks.eval()

    def save(self) -> None:
        """Writes the checkpoint in the place of the one before."""
        tensors = {f"weight.{name}": value for name, value in self.networks.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.items()}
        for name, parameter in self.networks.named_parameters():
            tensors |= {f"optimiser.{name}.{key}": value for key, value in self.optimiser.state[parameter].items()}
        tensors["generator"] = self.generator.get_state()
        # Networks may share a tensor between two names.
        tensors = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
        with written_aside(self.folder / STATE) as part:
            save_file(tensors, part, {"step": str(self.step), "seconds": str(self.seconds)})

    def _load(self) -> None:
        tensors = load_file(self.folder / STATE)
        with safe_open(self.folder / STATE, "pt") as file:
            about = file.metadata()
        self.step, self.seconds = int(about["step"]), float(about["seconds"])
        self.networks.load_state_dict(_under("weight.", tensors))
        for name, value in self.average.items():
            value.copy_(tensors[f"average.{name}"])
        for name, parameter in self.networks.named_parameters():
            if state := _under(f"optimiser.{name}.", tensors):
                self.optimiser.state[parameter] = state
        self.generator.set_state(tensors["generator"])

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(EMA, (self.step + 1) / (self.step + 20))
        torch._foreach_lerp_(list(self.average.values()), list(self.networks.parameters()), 1 - decay)

    @torch.no_grad()
    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self.networks.named_parameters():
            parameter.copy_(weights[name])

    def _record(self, record: dict[str, float]) -> None:
        print(json.dumps({"run": self.folder.name} | record), flush=True)
        with open(self.folder / "losses.jsonl", "a") as log:
            log.write(json.dumps(record) + "\n")


def schedule(step: int, steps: int) -> float:
    """The share of the rate in a step: a warm-up, a plateau, then a decay over the last DECAY_SHARE of all steps."""
    left = (steps - step) / max(steps * DECAY_SHARE, 1)
    return min(1.0, (step + 1) / WARM_UP) * max(FINAL_RATE, min(1.0, left))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
