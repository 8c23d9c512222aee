"""MVDream (Shi et al. 2024): Stable Diffusion for several views at once, told where the cameras are.

It sees all sides of one object together, which cures faces on every side.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.guidance.denoisers.mvdream_camera import camera_matrices
from engine.guidance.denoisers.unet import each_frame
from engine.guidance.latents import LatentSpace
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_clip

# As many as it was trained with.
VIEWS = 4


class MultiView:
    """Predicts noise of the latents of VIEWS views; cameras that come in fewer are seen in as many as there are."""

    roles = ("image",)
    parts = ("unet", "vae", "scheduler")
    texts = ("tokenizer", "text_encoder")
    encode = staticmethod(encode_clip)
    clips, together, knows_cameras = False, VIEWS, True
    # MVDream, section 4; 4D-fy.
    guidance_scale = 50.0
    # What its captions of 3D renders ended in.
    text_suffix = ", 3d asset"

    def __init__(self, components: dict[str, Any]) -> None:
        self.unet, self.space = components["unet"], LatentSpace(components["vae"])
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.size = self.unet.config.image_size * self.space.factor

    def pictures(self, frames: Tensor) -> Tensor:
        return each_frame(frames, self.size)

    def conditions(self, cameras: Any, low: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        return {"camera": camera_matrices(cameras)}

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return self.unet(noisy, timesteps, text.states, conditions["camera"].to(noisy), views=len(noisy))
