"""Prompts encoded once, by a model's own text encoder; by view, where the model knows nothing of cameras."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.guidance.text.encoders import TextStates
from engine.scene.cameras import Cameras

# View words and where they hold (Poole et al., DreamFusion, section 3.2).
VIEWS = ("front view", "side view", "back view", "overhead view")
OVERHEAD = math.radians(60)


@dataclass(frozen=True)
class EncodedPrompt:
    """The prompt in a model's own encoding, once for each of VIEWS or once for all, and what it is to keep away from."""

    conditional: TextStates
    unconditional: TextStates

    def at(self, cameras: Cameras) -> TextStates:
        """The prompt for each camera, [cameras]; a moving camera counts by the middle of its path."""
        if len(self.conditional) == 1:
            return self.conditional.expand(len(cameras))
        azimuth, elevation = cameras.azimuth, cameras.elevation
        if cameras.moving:
            middle = azimuth.shape[1] // 2
            azimuth, elevation = azimuth[:, middle], elevation[:, middle]
        return self.conditional.mixed(view_weights(azimuth, elevation))


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
def encode_prompt(
    encode: Callable[[dict[str, Any], list[str]], TextStates],
    components: dict[str, Any],
    text: str,
    negative: str = "",
    by_view: bool = False,
) -> EncodedPrompt:
    """Encodes `text`, and `negative` that pictures are to be unlike, with the model's own tokenizer and text encoder.

    by_view: with each of VIEWS behind the text, for models that are not conditioned on cameras.
    """
    texts = [f"{text}, {view}" for view in VIEWS] if by_view else [text]
    states = encode(components, [*texts, negative])
    return EncodedPrompt(states[:-1], states[-1:])
