"""Prompts encoded once, by a model's own text encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class EncodedPrompt:
    """Hidden states of the prompt and of no prompt, [1, tokens, width] each."""

    conditional: Tensor
    unconditional: Tensor


@torch.no_grad()
def encode_prompt(components: dict[str, Any], text: str) -> EncodedPrompt:
    """Encodes `text` with the model's own tokenizer and text encoder, and frees the encoder's place in `components`."""
    tokenizer, encoder = components["tokenizer"], components.pop("text_encoder")
    tokens = tokenizer(
        [text, ""], padding="max_length", truncation=True, max_length=tokenizer.model_max_length, return_tensors="pt"
    )
    device = next(encoder.parameters()).device
    states = encoder(tokens.input_ids.to(device)).last_hidden_state
    return EncodedPrompt(states[:1], states[1:])
