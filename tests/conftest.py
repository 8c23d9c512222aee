"""Small models made for the tests, in the very classes and folder layout of the built-in ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.contract.vocabulary import built_in_vocabulary
from scripts.training.toys import components


def make_model(folder: Path, role_name: str, seed: int = 0) -> Path:
    """A tiny model of a role with random weights, saved as the built-in ones are."""
    torch.manual_seed(seed)
    role = replace(components.ROLES[role_name], widths=(16, 16, 16))
    tokenizer = components.make_tokenizer()
    components.save(folder, components.make_denoiser(role), components.make_text_encoder(len(tokenizer)), tokenizer)
    return folder


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory) -> Path:
    """A folder with tiny image, video and upscale models and the vocabulary."""
    folder = tmp_path_factory.mktemp("models")
    for role in components.ROLES:
        make_model(folder / role, role)
    (folder / "vocabulary.json").write_text(json.dumps(built_in_vocabulary().as_dict()))
    return folder
