"""One big model on the device at a time, where two do not fit: the others wait in main memory."""

from __future__ import annotations

from typing import Any

import torch


class Resident:
    """A model's networks, on `device` within `with` and in main memory outside it."""

    def __init__(self, networks: list[torch.nn.Module], device: torch.device | str) -> None:
        self.networks, self.device = networks, torch.device(device)

    def __enter__(self) -> None:
        self._move(self.device)

    def __exit__(self, *reason: Any) -> None:
        self._move(torch.device("cpu"))
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _move(self, device: torch.device) -> None:
        for network in self.networks:
            network.to(device)
