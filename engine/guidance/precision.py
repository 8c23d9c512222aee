"""Half precision for a denoiser, where the device multiplies in it faster. What it is asked and answers stays float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def half_type(device: torch.device) -> torch.dtype | None:
    """The type that matrix products on `device` are faster in; None where there is none, as on older processors.

    bfloat16 has float32's range, so nothing overflows; float16 is for graphics cards from before it. Metal is left at float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return None


def mixed_precision(like: Tensor) -> AbstractContextManager:
    """Within it, matrix products on the device of `like` run in its half type; weights and sums stay as they are."""
    half = half_type(like.device)
    return nullcontext() if half is None else torch.autocast(like.device.type, half)
