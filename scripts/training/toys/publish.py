"""Writes a trained model where the engine finds it."""

from __future__ import annotations

import json
from pathlib import Path

from engine.contract.vocabulary import built_in_vocabulary
from engine.files import write_text
from scripts.training.toys.components import save
from scripts.training.toys.train import Run


def publish(run: Run, folder: Path) -> None:
    """Saves `run`'s modules under `folder`/role in half precision, and the vocabulary beside the roles."""
    save(folder / run.role.name, run.denoiser, run.text_encoder, run.tokenizer)
    write_text(folder / "vocabulary.json", json.dumps(built_in_vocabulary().as_dict(), indent=1) + "\n")
