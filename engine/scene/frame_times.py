"""When the frames of a clip are."""

from __future__ import annotations

import torch
from torch import Tensor


def frame_times(frames: int) -> Tensor:
    """Frame i of n sits at (i + 1/2) / n of the clip, [frames] in [0, 1]."""
    return (torch.arange(frames) + 0.5) / frames
