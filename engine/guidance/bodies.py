"""Guidance by the built-in models that know bodies: pictures of a body in its own axes, told where its joints are.

A moving body is seen by cameras that follow it (`BodyGuidance.mount`), so that it fills the picture wherever it goes and the
model needs to know nothing but bodies. What a clip shows is in what the model is told of each frame: score distillation of
videos (SDS-T; MAV3D, section 3) whose frames agree because the joints do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.config.stage import DistillationConfig
from engine.contract.errors import ModelError
from engine.guidance.joint_motion import JointMotion
from engine.guidance.precision import mixed_precision
from engine.guidance.protocol import Guidance
from engine.guidance.sds import DiffusionSchedule, distil
from engine.guidance.text.prompts import EncodedPrompt
from engine.models.joint_encoder import JointEncoder
from engine.models.picture_denoiser import PictureDenoiser
from engine.scene.cameras import Cameras, Mount

COMPONENTS = ("unet", "joint_encoder", "scheduler")
# The moment that the joints of a body at rest are asked for, which are the same at all times.
ANY_TIME = 0.5


class BodyGuidance(Guidance):
    """A denoiser of pictures of bodies, for stills and for clips."""

    # Its cameras need not stand in any order.
    views_per_batch = 1
    guidance_scale = 1.0

    def __init__(
        self,
        components: dict[str, Any],
        distillation: DistillationConfig,
        colours: Tensor,
        at_rest: EncodedPrompt | None = None,
        still_at: float = ANY_TIME,
        made_as: EncodedPrompt | None = None,
    ) -> None:
        """colours: the numbers that the prompt's first and second colour stand for, sRGB in [0, 1], [2, 3], which the denoiser
        is told. at_rest: the prompt without what moves, for `whole_motion`. still_at: the moment that stills are of, in [0, 1].
        made_as: the prompt that the body is made under, at that moment, for `joint_motion`."""
        if missing := [name for name in COMPONENTS if name not in components]:
            raise ModelError(f"This model lacks {' and '.join(missing)}, which built-in guidance needs. Choose another model.")
        self.denoiser: PictureDenoiser = components["unet"].to(memory_format=torch.channels_last)
        self.joint_encoder: JointEncoder = components["joint_encoder"]
        self.schedule = DiffusionSchedule.of(components["scheduler"])
        self.colours = colours
        self.distillation, self.at_rest, self.still_at, self.made_as = distillation, at_rest, still_at, made_as

    @property
    def fov(self) -> float:
        """The vertical field of view the model was trained with, radians."""
        return self.denoiser.config.fov

    @property
    def elevation(self) -> tuple[float, float]:
        """The range of elevations the model was trained with, radians."""
        return self.denoiser.config.elevation_low, self.denoiser.config.elevation_high

    @torch.no_grad()
    def mount(self, prompt: EncodedPrompt, times: Tensor) -> Mount:
        """Where the prompt puts the body at `times` [frames]."""
        placement = self.joint_encoder(prompt.conditional.states, times[None])[0]
        return Mount.of(*(value[0] for value in placement))

    @torch.no_grad()
    def joint_motion(self, prompt: EncodedPrompt, times: Tensor, given: bool = False) -> JointMotion | None:
        if self.at_rest is None or self.made_as is None:
            return None
        made_as, moment = (self.at_rest, ANY_TIME) if given else (self.made_as, self.still_at)
        moment = torch.tensor([[moment]], device=times.device)
        rest = self.joint_encoder(made_as.conditional.states, moment)[1][0, 0]
        _, joints, sure = self.joint_encoder(prompt.conditional.states, times[None])
        stood, turned, size = self._standing(times.device)
        rest, moved = (stood + (size * places) @ turned.T for places in (rest, joints[0]))
        return JointMotion(rest, moved, sure[0] > 0)

    @torch.no_grad()
    def joints(self, prompt: EncodedPrompt, times: Tensor) -> Tensor:
        """Where the prompt puts the joints that the body has at `times` [frames], in its own axes, metres, [frames, joints, 3];
        those that it has not are at its middle."""
        _, joints, sure = self.joint_encoder(prompt.conditional.states, times[None])
        return joints[0] * (sure[0] > 0).to(joints)[:, None]

    @torch.no_grad()
    def whole_motion(self, prompt: EncodedPrompt, times: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
        if self.at_rest is None:
            return None
        centre, rotation, scale = (value[0] for value in self.joint_encoder(prompt.conditional.states, times[None])[0])
        stood, turned, size = self._standing(times.device)
        rotation, scale = rotation @ turned.T, scale / size
        return centre - torch.einsum("fij,fj->fi", rotation, scale * stood), rotation, scale

    def _standing(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Where the body at rest is put: centre [3], rotation [3, 3], scale [3]."""
        moment = torch.tensor([[ANY_TIME]], device=device)
        return tuple(value[0, 0] for value in self.joint_encoder(self.at_rest.conditional.states, moment)[0])

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
        """See `Guidance.gradient`. cameras: on the mount that `mount` gives for the same times."""
        count, length = frames.shape[:2]
        moments = torch.tensor([self.still_at], device=frames.device) if times is None else times
        told = _Told(self, prompt, moments.to(frames))

        def predict(noisy: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
            alphas = self.schedule.alpha.to(noisy)[timesteps] ** 2
            given = timesteps, alphas, cameras.per_frame(length), (background * 2 - 1).repeat_interleave(length, 0)
            with mixed_precision(noisy):
                conditional = told.predict(noisy, *given, count)
                if self.distillation.conditional_only:
                    return conditional.to(noisy), conditional.to(noisy)
                unconditional = told.predict(noisy, *given, count, prompt.unconditional.states)
            return conditional.to(noisy), unconditional.to(noisy)

        pictures = frames.flatten(0, 1)
        gradient = distil(predict, pictures, self.schedule, self.distillation, progress, generator, cameras.portion)
        return gradient.view(frames.shape)


class _Told:
    """What the denoiser is told of a clip's frames, worked out once."""

    def __init__(self, guidance: BodyGuidance, prompt: EncodedPrompt, times: Tensor) -> None:
        self.denoiser, self.states = guidance.denoiser, prompt.conditional.states
        _, joints, sure = guidance.joint_encoder(self.states, times[None])
        self.joints, self.used = joints[0], (sure > 0).float()
        self.colours = (guidance.colours * 2 - 1).to(self.joints)[None]

    def predict(
        self, noisy: Tensor, timesteps: Tensor, alphas: Tensor, cameras: Cameras, background: Tensor, clips: int,
        states: Tensor | None = None,
    ) -> Tensor:
        """The clean pictures [clips * frames, 3, H, W]; states: other words' [1, tokens, width], for guidance."""
        rows = len(noisy)
        return self.denoiser(
            noisy, timesteps, alphas, (self.states if states is None else states).expand(rows, -1, -1), cameras, background,
            self.colours.expand(rows, -1, -1), torch.ones(rows, device=noisy.device), self.joints.repeat(clips, 1, 1),
            self.used.expand(rows, -1),
        )  # fmt: skip
