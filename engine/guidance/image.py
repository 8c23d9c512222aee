"""Guidance by a text-to-image model: each frame is an image of its own (SDS; Poole et al., DreamFusion)."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.guidance.built_in import ClipGuidance
from engine.guidance.text.prompts import EncodedPrompt
from engine.scene.cameras import Cameras


class ImageGuidance(ClipGuidance):
    """A camera-aware image denoiser, applied to every frame of every camera alone."""

    guidance_scale = 1.5

    def gradient(
        self,
        frames: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        step: float,
        generator: torch.Generator,
        low_resolution: Tensor | None = None,
        *,
        background: Tensor,
        times: Tensor | None = None,
    ) -> Tensor:
        """As `ClipGuidance.gradient`; an image has no time, so `times` do not matter."""
        count, length = frames.shape[:2]
        each = cameras.per_frame(length)
        alone = frames.flatten(0, 1)[:, None]
        behind = background.repeat_interleave(length, 0)
        return super().gradient(alone, prompt, each, step, generator, background=behind).view(frames.shape)
