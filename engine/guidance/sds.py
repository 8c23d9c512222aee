"""Score distillation, written once for every kind of prediction.

With x_t = signal * x + sigma * noise, a denoiser's output gives an estimate x0 of the clean image; distillation follows
residual = x - x0, which is the same thing as (predicted noise - noise) * sigma / signal (Poole et al., DreamFusion, eq. 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.settings import Distillation


def append_dims(value: Tensor, like: Tensor) -> Tensor:
    """value [batch] with trailing axes to broadcast against `like` [batch, ...]."""
    return value.view(-1, *[1] * (like.dim() - 1))


def add_noise(clean: Tensor, noise: Tensor, signal: Tensor, sigma: Tensor) -> Tensor:
    """x_t [batch, ...] from clean and noise of that shape; signal, sigma [batch]."""
    return append_dims(signal, clean) * clean + append_dims(sigma, clean) * noise


def clean_from(output: Tensor, noisy: Tensor, signal: Tensor, sigma: Tensor, prediction: str) -> Tensor:
    """The clean estimate x0 from a denoiser's output; all [batch, ...], signal and sigma [batch].

    prediction: as diffusers names it: "epsilon", "v_prediction", "sample", or "flow_prediction" (output = noise - clean, with
    signal = 1 - sigma). Raises ValueError for another.
    """
    a, s = append_dims(signal, output), append_dims(sigma, output)
    if prediction == "sample":
        return output
    if prediction == "epsilon":
        return (noisy - s * output) / a
    if prediction == "v_prediction":
        return a * noisy - s * output
    if prediction == "flow_prediction":
        return noisy - s * output
    raise ValueError(f"unknown prediction type {prediction!r}")


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance in diffusers' convention: scale 1 is the conditional prediction, 0 the unconditional."""
    return unconditional + scale * (conditional - unconditional)


def residual_gradient(clean: Tensor, estimate: Tensor, signal: Tensor, sigma: Tensor, weighting: str) -> Tensor:
    """The gradient with respect to `clean`, all [batch, ...].

    weighting "residual": x - x0. "sds": w(t) (predicted noise - noise) with w = sigma^2, as DreamFusion and 4D-fy have it.
    """
    residual = clean - estimate
    if weighting == "residual":
        return residual
    if weighting == "sds":
        return append_dims(sigma**2 * signal / sigma, residual) * residual
    raise ValueError(f"unknown weighting {weighting!r}")


def timestep_at(progress: float, start: float, end: float, spread: float, generator: torch.Generator, count: int) -> Tensor:
    """Noise levels in [0, 1], [count]: annealed from `start` to `end` over the stage, uniform within +-spread."""
    centre = start + (end - start) * progress
    jitter = (torch.rand(count, generator=generator) * 2 - 1) * spread
    return (centre + jitter).clamp(0.02, 0.98)


@torch.no_grad()
def distil(
    predict: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    images: Tensor,
    schedule: DiffusionSchedule,
    distillation: Distillation,
    step: float,
    generator: torch.Generator,
) -> Tensor:
    """The score distillation gradient with respect to `images` [batch, ...] in [0, 1], averaged over the batch.

    predict(noisy, timesteps) -> conditional and unconditional outputs, for images scaled to [-1, 1].
    step: how far the stage is, 0 to 1. Every draw comes from `generator`; all images of a batch share one noise level.
    """
    clean = images * 2 - 1
    level = timestep_at(step, distillation.noise_start, distillation.noise_end, distillation.noise_spread, generator, 1)
    timesteps = (level * (len(schedule.signal) - 1)).long().expand(len(clean)).to(clean.device)
    signal, sigma = schedule.signal.to(clean)[timesteps], schedule.sigma.to(clean)[timesteps]
    noise = torch.randn(clean.shape, generator=generator).to(clean)
    noisy = add_noise(clean, noise, signal, sigma)
    output = guide(*predict(noisy, timesteps), distillation.guidance_scale)
    estimate = clean_from(output, noisy, signal, sigma, schedule.prediction).clamp(-1, 1)
    return residual_gradient(clean, estimate, signal, sigma, distillation.weighting) * (2 / len(clean))


@dataclass(frozen=True)
class DiffusionSchedule:
    """signal and sigma of x_t = signal * x + sigma * noise at each timestep, [timesteps]; and the prediction type."""

    signal: Tensor
    sigma: Tensor
    prediction: str

    @classmethod
    def of(cls, scheduler) -> DiffusionSchedule:
        """From a diffusers scheduler with `alphas_cumprod`."""
        alphas = scheduler.alphas_cumprod
        return cls(alphas.sqrt(), (1 - alphas).sqrt(), scheduler.config.prediction_type)
