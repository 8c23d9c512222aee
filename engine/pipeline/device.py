"""Where tensors live: a processor or an accelerator, by name."""

from __future__ import annotations

import torch

from engine.contract.errors import EngineError

DEVICES = ("cpu", "cuda", "mps")


class DeviceError(EngineError):
    kind = "device"


def find_device(name: str) -> torch.device:
    """The device called `name`, one of DEVICES. Raises DeviceError where this machine has none."""
    if name not in DEVICES:
        raise DeviceError(f"There is no device {name!r}: choose {' or '.join(DEVICES)}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("This PyTorch finds no CUDA device: install one built for CUDA and the driver, or choose the CPU.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("This PyTorch finds no Metal device: choose the CPU.")
    return torch.device(name)


def memory_gb(device: torch.device) -> float | None:
    """Memory that `device` has in all, GB; main memory for a processor; None where that is not known."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory / 1e9
    if device.type == "mps":
        return torch.mps.recommended_max_memory() / 1e9
    try:
        import psutil
    except ImportError:
        return None
    return psutil.virtual_memory().total / 1e9
