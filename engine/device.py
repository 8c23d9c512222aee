"""Where tensors live: a processor or an accelerator, by name."""

from __future__ import annotations

import torch

from engine.errors import EngineError

DEVICES = ("cpu", "cuda", "mps")


class DeviceError(EngineError):
    kind = "device"


def find_device(name: str) -> torch.device:
    """The device called `name`, one of DEVICES. Raises DeviceError where this machine has none."""
    if name not in DEVICES:
        raise DeviceError(f"There is no device {name!r}: choose {' or '.join(DEVICES)}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("This PyTorch finds no CUDA device: install one built for CUDA and the driver, or use --device cpu.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("This PyTorch finds no Metal device: use --device cpu.")
    return torch.device(name)
