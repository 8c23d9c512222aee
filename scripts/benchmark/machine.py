"""What a benchmark ran on, in words."""

from __future__ import annotations

import platform
from pathlib import Path

import torch


def describe_machine(device: str = "cpu") -> str:
    """Processor, threads, PyTorch; and the accelerator where one is used."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if (
        info.exists()
    ) else []
    processor = names[0] if names else platform.processor() or platform.machine()
    words = f"{processor}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    return f"{words}, {torch.cuda.get_device_name()}" if device == "cuda" else words
