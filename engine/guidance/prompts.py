"""Prompts encoded once, by a model's own text encoder; by view, where the model knows nothing of cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.scene.cameras import Cameras

# View words and where they hold (Poole et al., DreamFusion, section 3.2).
VIEWS = ("front view", "side view", "back view", "overhead view")
OVERHEAD = math.radians(60)


@dataclass(frozen=True)
class EncodedPrompt:
    """Hidden states of the prompt, one for each of VIEWS or one for all, and of no prompt.

    conditional [views, tokens, width] with 4 views or 1; unconditional [1, tokens, width].
    """

    conditional: Tensor
    unconditional: Tensor

    def at(self, cameras: Cameras) -> Tensor:
        """The prompt's states for each camera, [cameras, tokens, width]; a moving camera counts by the middle of its path."""
        if len(self.conditional) == 1:
            return self.conditional.expand(len(cameras), -1, -1)
        azimuth, elevation = cameras.azimuth, cameras.elevation
        if cameras.moving:
            middle = azimuth.shape[1] // 2
            azimuth, elevation = azimuth[:, middle], elevation[:, middle]
        return torch.einsum("cv,vtw->ctw", view_weights(azimuth, elevation).to(self.conditional), self.conditional)


def view_weights(azimuth: Tensor, elevation: Tensor) -> Tensor:
    """How much of each of VIEWS a camera sees, [cameras, 4], from angles in radians [cameras].

    Front, side and back pass into one another linearly with the azimuth; above OVERHEAD it is the overhead view alone.
    """
    # 0 in front, 1 at either side, 2 behind.
    turned = torch.remainder(azimuth + math.pi, 2 * math.pi).sub(math.pi).abs() / (math.pi / 2)
    front, side, back = (1 - turned).clamp(min=0), 1 - (turned - 1).abs(), (turned - 1).clamp(min=0)
    over = (elevation > OVERHEAD).to(turned)
    return torch.stack([(1 - over) * front, (1 - over) * side, (1 - over) * back, over], 1)


@torch.no_grad()
def encode_prompt(components: dict[str, Any], text: str, by_view: bool = False) -> EncodedPrompt:
    """Encodes `text` with the model's own tokenizer and text encoder, and frees the encoder's place in `components`.

    by_view: with each of VIEWS behind it, for models that can't be told where a camera is.
    """
    tokenizer, encoder = components["tokenizer"], components.pop("text_encoder")
    texts = [f"{text}, {view}" for view in VIEWS] if by_view else [text]
    tokens = tokenizer(
        [*texts, ""], padding="max_length", truncation=True, max_length=tokenizer.model_max_length, return_tensors="pt"
    )
    device = next(encoder.parameters()).device
    states = encoder(tokens.input_ids.to(device)).last_hidden_state
    return EncodedPrompt(states[:-1], states[-1:])
