"""Text in the encodings that public models were trained with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class TextStates:
    """states [texts, tokens, width]; pooled [texts, width] where the model takes that as well; picture [texts, width], the
    embedding of a picture that stands beside the text."""

    states: Tensor
    pooled: Tensor | None = None
    picture: Tensor | None = None

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, rows: Any) -> TextStates:
        return self._each(lambda value: value[rows])

    def expand(self, count: int) -> TextStates:
        """The one text, `count` times."""
        return self._each(lambda value: value.expand(count, *[-1] * (value.dim() - 1)))

    def mixed(self, weights: Tensor) -> TextStates:
        """Texts blended, weights [blends, texts]."""
        return self._each(lambda value: torch.tensordot(weights.to(value), value, 1))

    def to(self, *place: Any) -> TextStates:
        """On another device, or in another type."""
        return self._each(lambda value: value.to(*place))

    def with_picture(self, embedding: Tensor) -> TextStates:
        """With the embedding [1, width] of a picture beside each text."""
        return replace(self, picture=embedding.to(self.states).expand(len(self), -1))

    def _each(self, change: Callable[[Tensor], Tensor]) -> TextStates:
        values = (self.states, self.pooled, self.picture)
        return TextStates(*(None if value is None else change(value) for value in values))


def encode_clip(components: dict[str, Any], texts: list[str]) -> TextStates:
    """CLIP's last states, as Stable Diffusion, ModelScope, AnimateDiff, MVDream and the x4 upscaler take them."""
    encoder = components["text_encoder"]
    tokens = _tokens(components["tokenizer"], texts, _longest(components["tokenizer"], encoder))
    return TextStates(encoder(tokens.input_ids.to(encoder.device)).last_hidden_state)


def encode_two_clips(components: dict[str, Any], texts: list[str]) -> TextStates:
    """The last states but one of two CLIP encoders side by side, and the second's pooled embedding (SDXL, section 2.1)."""
    states, pooled = [], None
    for suffix in ("", "_2"):
        encoder = components["text_encoder" + suffix]
        tokenizer = components["tokenizer" + suffix]
        tokens = _tokens(tokenizer, texts, _longest(tokenizer, encoder))
        output = encoder(tokens.input_ids.to(encoder.device), output_hidden_states=True)
        states.append(output.hidden_states[-2])
        pooled = output[0]
    return TextStates(torch.cat(states, -1), pooled)


def encode_t5(
    components: dict[str, Any], texts: list[str], length: int, masked: bool = True, zeroed: bool = False
) -> TextStates:
    """T5's or UMT5's last states, padded to `length` tokens, or to as many as the tokenizer takes if these are fewer.

    masked: whether the encoder gets a mask of which tokens are padding. zeroed: whether padding's states are set to zero.
    """
    encoder = components["text_encoder"]
    tokens = _tokens(components["tokenizer"], texts, min(length, components["tokenizer"].model_max_length))
    mask = tokens.attention_mask.to(encoder.device)
    ids = tokens.input_ids.to(encoder.device)
    states = encoder(ids, attention_mask=mask if masked else None).last_hidden_state
    return TextStates(states * mask[..., None].to(states) if zeroed else states)


def _longest(tokenizer: Any, encoder: Any) -> int:
    """How many tokens CLIP takes. A tokenizer saved without its length says something huge."""
    return min(tokenizer.model_max_length, encoder.config.max_position_embeddings)


def _tokens(tokenizer: Any, texts: list[str], length: int) -> Any:
    """The texts' tokens and which of them are no padding, all of them `length` long."""
    if getattr(tokenizer, "pad_token", "") is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    options = {"truncation": True, "max_length": length, "return_attention_mask": True}
    return tokenizer(texts, padding="max_length", return_tensors="pt", **options)
