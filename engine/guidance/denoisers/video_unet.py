"""Video UNets on an image autoencoder's latents: ModelScope and Zeroscope (Wang et al. 2023), AnimateDiff (Guo et al. 2024)."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from engine.config.recipes import VIDEO_UNET
from engine.guidance.denoisers.unet import native_size, picture_conditions
from engine.guidance.latents import LatentSpace
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates, encode_clip
from engine.guidance.video_frames import as_shown


class VideoUNet(Denoiser):
    """diffusers' UNet3DConditionModel: latents [clips, frames, channels, h, w], noise prediction as a rule."""

    roles = ("video",)
    components = ("unet", "vae", "scheduler")
    fp32_components = ("vae",)
    encode = staticmethod(encode_clip)
    is_video = True
    recipe = VIDEO_UNET
    most_frames: int | None = None

    def __init__(self, components: dict[str, Any]) -> None:
        self.network, self.latents = components["unet"], LatentSpace(components["vae"])
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.size = native_size(self.network) * self.latents.factor

    def model_frames(self, frames: Tensor) -> Tensor:
        return as_shown(frames, self.size, most=self.most_frames)

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        return self.network(noisy.transpose(1, 2), timesteps, text.states).sample.transpose(1, 2)


class AnimateDiff(VideoUNet):
    """A motion adapter in a Stable Diffusion UNet, which its time layers let see at most so many frames at once."""

    accepts_image_prompt = True

    def __init__(self, components: dict[str, Any]) -> None:
        unet = components["unet"]
        if "motion_adapter" in components and type(unet).__name__ != "UNetMotionModel":
            from diffusers import UNetMotionModel

            adapted = UNetMotionModel.from_unet2d(unet, components["motion_adapter"]).eval().requires_grad_(False)
            components = components | {"unet": adapted.to(unet.device, unet.dtype)}
        super().__init__(components)
        self.most_frames = self.network.config.get("motion_max_seq_length") or 32

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        # Each frame has the text beside it.
        states = text.states.repeat_interleave(noisy.shape[1], 0)
        added = picture_conditions(text)
        return self.network(noisy.transpose(1, 2), timesteps, states, added_cond_kwargs=added).sample.transpose(1, 2)
