"""Contact sheets to look at."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import torch
from torch import Tensor


def save_rows(path: Path, pictures: Tensor) -> None:
    """Writes pictures [rows, columns, 3, H, W] in [0, 1] as one PNG."""
    sheet = torch.cat([torch.cat(list(row), -1) for row in pictures], -2)
    imageio.imwrite(path, (sheet.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())
