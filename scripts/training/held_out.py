"""The error on pictures that training never shows: pairs of object and limb motion, and colours of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from scripts.training.draws import draw_held_out, draw_situation
from scripts.training.shards import Batch, Shard, batch_of, write_shard

if TYPE_CHECKING:
    from scripts.training.picture import Run

KINDS = {"pairs": draw_held_out, "colours": draw_situation}
SITUATIONS, CAMERAS = 24, 4
LEVELS = (300, 600, 850)
SEED = 77


class HeldOut:
    """Two batches, rendered on first use and kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.batches: dict[str, Batch] = {}
        for kind, draw in KINDS.items():
            path, generator = folder / f"{kind}.safetensors", torch.Generator().manual_seed(SEED)
            if not path.exists():
                write_shard(path, [draw(generator) for _ in range(SITUATIONS)], CAMERAS, SEED)
            shard = Shard(path).load()
            chosen = [(shard, index) for index in range(len(shard))]
            self.batches[kind] = batch_of(chosen, generator, kept=False, mirrors=False)

    @torch.no_grad()
    def errors(self, run: Run) -> dict[str, list[float]]:
        """Mean squared error on the body's pixels, pictures in [-1, 1], at the noise LEVELS, with the averaged weights."""
        return {kind: [self._error(run, batch, level) for level in LEVELS] for kind, batch in self.batches.items()}

    @staticmethod
    def _error(run: Run, batch: Batch, level: int) -> float:
        noise = torch.randn(batch.images.shape, generator=torch.Generator().manual_seed(level))
        timesteps = torch.full((len(batch.words),), level)
        clean = (batch.images * 2 - 1).to(run.device)
        body = (batch.body > 0.02).to(clean)
        with run.averaged():
            estimate = run.denoise(clean, noise, timesteps, batch, [str(words) for words in batch.words], batch.used)
        return round(float(((estimate - clean).square() * body).sum() / body.sum() / 3), 5)
