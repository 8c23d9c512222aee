"""Trains a stand-in's denoiser and its text encoder as its public class was: on noisy latents, by the mean squared error of the
velocity (Salimans and Ho 2022, section 4, of a schedule that keeps the variance; noise - clean of Wan's flow).

What is called goes through the engine's own `Denoiser` of the class, so that training and distillation agree on timesteps,
cameras and the order of axes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.guidance.denoisers.multi_view import VIEWS, MultiView
from engine.guidance.denoisers.stable_diffusion import StableDiffusion
from engine.guidance.denoisers.wan import Wan
from engine.guidance.protocol import Denoiser
from engine.guidance.sds import add_noise, append_dims, classifier_free_guidance, predict_x0
from engine.guidance.text.encoders import TextStates
from engine.scene.cameras import Cameras
from scripts.stand_ins import networks
from scripts.stand_ins.autoencoders import decode
from scripts.stand_ins.latents import Batch, Latents, draw_batch
from scripts.stand_ins.networks import autoencoder_of, save_model
from scripts.stand_ins.run import Run
from scripts.stand_ins.sheets import save_rows
from scripts.stand_ins.words import JUDGED, RECIPES, caption, prompt_of

RATE = 6e-4
# Pictures, rings and clips a step.
BATCHES = {"image": 16, "multi_view": 4, "video": 4}
CLASSES: dict[str, type[Denoiser]] = {"image": StableDiffusion, "multi_view": MultiView, "video": Wan}
# Noise levels are u^NOISE_POWER of the schedule: more of high noise, where objects and motions are decided.
NOISE_POWER = 0.7
SAMPLE_STEPS, SAMPLE_SCALE = 20, 4.0


class StandIn:
    """A denoiser with its text encoder and its frozen autoencoder, trained in `folder`; its model folder is `model`."""

    def __init__(self, role: str, folder: Path, model: Path, vae: Any) -> None:
        torch.manual_seed(0)
        self.role, self.model, self.vae = role, model, vae
        self.tokenizer = networks.make_tokenizer(role)
        network = networks.DENOISERS[role]()
        encoder = networks.make_text_encoder(role, len(self.tokenizer))
        self.run = Run(folder, nn.ModuleDict({"denoiser": network, "text_encoder": encoder}), RATE)
        key = "transformer" if role == "video" else "unet"
        self.denoiser = CLASSES[role]({key: network, "vae": vae, "scheduler": networks.make_scheduler(role)})

    def train(self, latents: Latents, steps: int, until: int | None = None) -> None:
        """Goes on to step `until` of `steps` in all, or to the end; the model folder follows the checkpoints."""

        def loss(generator: torch.Generator) -> Tensor:
            return self.loss(draw_batch(self.role, latents, BATCHES[self.role], generator), generator)

        self.run.train(loss, steps, self.write, self.sheet, until)

    def loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Of a batch at random noise levels; what is seen together has one level."""
        clean, together = batch.clean, VIEWS if self.role == "multi_view" else 1
        schedule = self.denoiser.schedule
        uniform = torch.rand(len(clean) // together, generator=generator).repeat_interleave(together)
        index = (uniform**NOISE_POWER * len(schedule.alpha)).long()
        alpha, sigma = schedule.alpha[index], schedule.sigma[index]
        noise = torch.randn(clean.shape, generator=generator)
        output = self.predict(add_noise(clean, noise, alpha, sigma), index, batch)
        if schedule.prediction == "flow_prediction":
            wanted = noise - clean
        else:
            wanted = append_dims(alpha, clean) * noise - append_dims(sigma, clean) * clean
        return (output - wanted).square().mean()

    def predict(self, noisy: Tensor, index: Tensor, batch: Batch) -> Tensor:
        """The network's output for noisy rows at noise levels `index` [rows]."""
        conditions: dict[str, Tensor] = {}
        if self.role == "multi_view":
            conditions = self.denoiser.conditions(batch.cameras, None, None)
        return self._call(noisy, self.denoiser.schedule.timesteps(index), self.encode(batch.texts), conditions)

    def encode(self, texts: list[str]) -> TextStates:
        """As the class encodes prompts."""
        components = {"tokenizer": self.tokenizer, "text_encoder": self.run.networks["text_encoder"]}
        return type(self.denoiser).encode(components, texts)

    def _call(self, noisy: Tensor, timesteps: Tensor, text: TextStates, conditions: dict[str, Tensor]) -> Tensor:
        if self.role != "multi_view":
            return self.denoiser(noisy, timesteps, text, conditions)
        # Several rings in one call: the class asks for one.
        return self.denoiser.network(noisy, timesteps, text.states, conditions["camera"], views=VIEWS)

    def write(self) -> None:
        """Writes the model folder with the averaged weights."""
        parts = self.run.networks
        with self.run.averaged():
            save_model(
                self.model, self.role, parts["denoiser"], parts["text_encoder"], self.tokenizer, self.vae, self.run.step
            )

    @torch.no_grad()
    def sample(
        self, batch: Batch, generator: torch.Generator, scale: float = SAMPLE_SCALE, steps: int = SAMPLE_STEPS
    ) -> Tensor:
        """Latents of the batch's shape by DDIM, or Euler's steps of a flow, under guidance away from the negative prompt."""
        schedule = self.denoiser.schedule
        silent = Batch(batch.clean, [RECIPES[self.role].negative_prompt] * len(batch.texts), batch.cameras)
        levels = torch.linspace(len(schedule.alpha) - 1, 0, steps + 1).long()
        noisy = torch.randn(batch.clean.shape, generator=generator)
        for level, after in zip(levels[:-1], levels[1:], strict=True):
            index = level.expand(len(noisy))
            output = classifier_free_guidance(self.predict(noisy, index, batch), self.predict(noisy, index, silent), scale)
            alpha, sigma = schedule.alpha[index], schedule.sigma[index]
            clean = predict_x0(output, noisy, alpha, sigma, schedule.prediction)
            noise = (noisy - append_dims(alpha, clean) * clean) / append_dims(sigma, clean)
            index = after.expand(len(noisy))
            noisy = add_noise(clean, noise, schedule.alpha[index], schedule.sigma[index])
        return noisy

    def sheet(self) -> None:
        """Samples of the judged prompts, a row each, in the run's folder."""
        with self.run.averaged():
            rows = torch.stack([self._row(*words) for words in JUDGED])
        save_rows(self.run.folder / f"sheet_{self.run.step:06d}.png", rows)

    def _row(self, colour: str, name: str, motion: str) -> Tensor:
        """Four pictures from the front, a side, behind and the other side; a ring; or a clip from the front, every other frame
        of it; [pictures, 3, SIZE, SIZE]."""
        azimuth = torch.arange(VIEWS) * torch.pi / 2 + 0.4
        azimuth = azimuth[:1] if self.role == "video" else azimuth
        cameras = Cameras(azimuth, torch.full_like(azimuth, 0.25))
        shape = (5, networks.VIDEO_CHANNELS) if self.role == "video" else (networks.IMAGE_CHANNELS,)
        clean = torch.zeros(len(azimuth), *shape, networks.LATENTS, networks.LATENTS)
        generator = torch.Generator().manual_seed(1)
        texts = [self._said(colour, name, motion, float(angle)) for angle in azimuth]
        latents = self.sample(Batch(clean, texts, cameras), generator)
        pictures = decode(autoencoder_of(self.role), self.vae, latents)
        return pictures[0, 1::2] if self.role == "video" else pictures

    def _said(self, colour: str, name: str, motion: str, azimuth: float) -> str:
        """A caption that is not silent."""
        generator, text = torch.Generator().manual_seed(0), ""
        while not text.startswith(prompt_of(colour, name, motion)):
            text = caption(self.role, colour, name, motion, azimuth, 0.25, generator)
        return text
