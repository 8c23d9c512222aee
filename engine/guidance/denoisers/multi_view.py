"""MVDream (Shi et al. 2024): Stable Diffusion for several views at once, conditioned on their cameras.

It sees all sides of one object together, which cures faces on every side.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.recipes import MVDREAM
from engine.guidance.denoisers.mvdream_camera import camera_matrices
from engine.guidance.denoisers.unet import each_frame
from engine.guidance.latents import LatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_clip

# As many as it was trained with.
VIEWS = 4


class MultiView(Denoiser):
    """Predicts noise of the latents of VIEWS views; cameras that come in fewer are seen in as many as there are."""

    roles = ("image",)
    components = ("unet", "vae", "scheduler")
    encode = staticmethod(encode_clip)
    views_per_batch, knows_cameras = VIEWS, True
    fp32_components = ("vae",)
    recipe = MVDREAM

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["unet"], LatentSpace(components["vae"])
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.size = self.network.config.image_size * self.latents.factor

    def model_frames(self, frames: Tensor) -> Tensor:
        return each_frame(frames, self.size)

    def conditions(self, cameras: Any, low: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        return {"camera": camera_matrices(cameras)}

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return self.network(noisy, timesteps, text.states, conditions["camera"].to(noisy), views=len(noisy))
