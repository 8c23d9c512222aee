"""What a guidance is, and what a public model's class can do: typed attributes with defaults, and one call each."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from engine.config.recipes import Recipe
from engine.config.stage import DistillationConfig
from engine.guidance.joint_motion import JointMotion
from engine.guidance.latents import Latents
from engine.guidance.sds import DiffusionSchedule
from engine.guidance.text.encoders import TextStates
from engine.guidance.text.prompts import EncodedPrompt
from engine.scene.cameras import Cameras, Mount


@runtime_checkable
class Guidance(Protocol):
    """A diffusion model that turns rendered frames into a gradient.

    distillation: how it is asked; a stage sets its own. fov: vertical field of view, radians, and elevation: range, radians,
    that the model knows. views_per_batch: how many cameras have to stand round the scene in one ring. guidance_scale: of
    classifier-free guidance, where a stage does not say.
    """

    distillation: DistillationConfig
    fov: float
    elevation: tuple[float, float]
    views_per_batch: int
    guidance_scale: float

    def filled(self, distillation: DistillationConfig) -> DistillationConfig:
        """`distillation` with what it leaves open as the model's class has it."""
        return distillation.filled(DistillationConfig(self.guidance_scale))

    def mount(self, prompt: EncodedPrompt, times: Tensor) -> Mount | None:
        """What cameras follow at `times` [frames], where the model sees bodies from cameras that follow them."""
        return None

    def whole_motion(self, prompt: EncodedPrompt, times: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
        """What the model takes the whole body to do, from where it is at rest: centre [frames, 3] in metres, rotation
        [frames, 3, 3] and scale [frames, 3] at `times` [frames] in [0, 1]; None where it can't say."""
        return None

    def joint_motion(self, prompt: EncodedPrompt, times: Tensor, given: bool = False) -> JointMotion | None:
        """Where the model takes the joints of the body to go, but for what it does as a whole, at `times` [frames] in [0, 1],
        from how it makes that body, or from rest where another is `given`; None where it can't say."""
        return None

    def gradient(
        self,
        frames: Tensor,
        prompt: EncodedPrompt,
        cameras: Cameras,
        progress: float,
        generator: torch.Generator,
        *,
        background: Tensor,
        times: Tensor | None = None,
        low_resolution: Tensor | None = None,
    ) -> Tensor:
        """The gradient with respect to rendered frames [cameras, frames, 3, height, width] in [0, 1], of that shape.

        cameras: those that the frames were rendered from; where they are a portion of a larger batch, the gradient is what
        these frames have in the whole of it. progress: how far the stage is, 0 to 1. Every draw comes from `generator`.
        background: what the frames were rendered on, [cameras, 3] in [0, 1]. times: of the frames, [frames] in [0, 1]; evenly
        over the clip if left out. low_resolution: the same frames at the lower resolution that an upscaler is conditioned on.
        """
        ...


class Denoiser(Protocol):
    """A public model's class. Classes name it as their base, for its defaults.

    roles: what it can guide: "image", "video", "upscale". components: names of the components that it is built from.
    text_components: of those that encode text, which are freed before the others are loaded. fp32_components: of those that
    half precision harms. half: the type that the network is kept in on a graphics card that is fast in both; bfloat16's error
    on the difference that guidance multiplies is eight times float16's, whose range some networks leave. recipe: how the class
    is asked, and what it is shown. is_video: whether it denoises a clip as one thing; else each
    frame is a picture of its own. views_per_batch: how many neighbouring pictures it has to see in one call. knows_cameras:
    whether it needs no view words. accepts_image_prompt: whether an IP-Adapter can
    be put in its network.

    network: the denoiser itself. latents: what it denoises. schedule: its noise levels.
    """

    roles: ClassVar[tuple[str, ...]]
    components: ClassVar[tuple[str, ...]]
    text_components: ClassVar[tuple[str, ...]] = ("tokenizer", "text_encoder")
    fp32_components: ClassVar[tuple[str, ...]] = ()
    half: ClassVar[torch.dtype] = torch.float16
    recipe: ClassVar[Recipe]
    is_video: ClassVar[bool] = False
    views_per_batch: ClassVar[int] = 1
    knows_cameras: ClassVar[bool] = False
    accepts_image_prompt: ClassVar[bool] = False

    network: Any
    latents: Latents
    schedule: DiffusionSchedule

    def __init__(self, components: dict[str, Any]) -> None:
        """Raises ModelError where the components are of another model than the class is for."""
        ...

    def lower_memory(self) -> None:
        """From now on shows the model less, where it has a way to."""

    @staticmethod
    def encode(components: dict[str, Any], texts: list[str]) -> TextStates:
        """Texts in the encoding that the model was trained with."""
        ...

    def model_frames(self, frames: Tensor) -> Tensor:
        """[cameras, frames, 3, H, W] in [0, 1] at the size and with the frames that the model takes: [cameras, model frames, 3,
        h, w] for a video model, [cameras * frames, 3, h, w] for one of pictures. Differentiable."""
        ...

    def conditions(self, cameras: Cameras, low_resolution: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        """What the denoiser is conditioned on beside text and timestep, one row for each picture or clip."""
        return {}

    def __call__(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        """The network's prediction, of noisy's shape [batch, ...]. timesteps: [batch]."""
        ...
