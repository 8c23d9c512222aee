"""Score distillation, written once for every kind of prediction.

With x_t = alpha * x + sigma * noise, a denoiser's output gives an estimate x0 of the clean image; distillation follows
residual = x - x0, which is the same thing as (predicted noise - noise) * sigma / alpha (Poole et al., DreamFusion, eq. 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.stage import DistillationConfig
from engine.ranks import Portion, whole


def append_dims(value: Tensor, like: Tensor) -> Tensor:
    """value [batch] with trailing axes to broadcast against `like` [batch, ...]."""
    return value.view(-1, *[1] * (like.dim() - 1))


def add_noise(clean: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
    """x_t [batch, ...] from clean and noise of that shape; alpha, sigma [batch]."""
    return append_dims(alpha, clean) * clean + append_dims(sigma, clean) * noise


def predict_x0(output: Tensor, noisy: Tensor, alpha: Tensor, sigma: Tensor, prediction: str) -> Tensor:
    """The clean estimate x0 from a denoiser's output; all [batch, ...], alpha and sigma [batch].

    prediction: as diffusers names it: "epsilon", "v_prediction", "sample", or "flow_prediction" (output = noise - clean, with
    alpha = 1 - sigma). Raises ValueError for another.
    """
    a, s = append_dims(alpha, output), append_dims(sigma, output)
    if prediction == "sample":
        return output
    if prediction == "epsilon":
        return (noisy - s * output) / a
    if prediction == "v_prediction":
        return a * noisy - s * output
    if prediction == "flow_prediction":
        return noisy - s * output
    raise ValueError(f"unknown prediction type {prediction!r}")


def classifier_free_guidance(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance in diffusers' convention: scale 1 is the conditional prediction, 0 the unconditional."""
    return unconditional + scale * (conditional - unconditional)


def distillation_gradient(clean: Tensor, estimate: Tensor, alpha: Tensor, sigma: Tensor, weighting: str) -> Tensor:
    """The gradient with respect to `clean`, all [batch, ...].

    weighting "residual": x - x0, the gradient of MVDream's loss. "sds": alpha sigma (x - x0), which is w (predicted noise -
    noise) with w = sigma^2, as DreamFusion and 4D-fy have it. "velocity": sigma (x - x0), which is w (predicted velocity -
    velocity) for a flow. Raises ValueError for another.
    """
    residual = clean - estimate
    if weighting == "residual":
        return residual
    if weighting == "sds":
        return append_dims(sigma * alpha, residual) * residual
    if weighting == "velocity":
        return append_dims(sigma, residual) * residual
    raise ValueError(f"unknown weighting {weighting!r}")


def rescale_contrast(estimate: Tensor, conditional: Tensor, share: float, views: int) -> Tensor:
    """A guided estimate [batch, ...] with `share` of it brought to the standard deviation of the conditional one (Lin et al.
    2024, section 3.4; MVDream, section 3.2). The deviation is that of `views` neighbours in the batch together."""
    parts = []
    for own, plain in zip(estimate.split(views), conditional.split(views), strict=True):
        factor = (plain.std() + 1e-8) / (own.std() + 1e-8)
        parts.append(own * (share * factor + 1 - share))
    return torch.cat(parts)


def draw_noise_level(distillation: DistillationConfig, progress: float, generator: torch.Generator, count: int) -> Tensor:
    """Noise levels in [0, 1] at `progress` of a stage, [count]: uniform about a centre, both as `distillation` says."""
    centre, spread = distillation.noise(progress)
    jitter = (torch.rand(count, generator=generator) * 2 - 1) * spread
    return (centre + jitter).clamp(*distillation.noise_limits)


@torch.no_grad()
def distil(
    predict: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    images: Tensor,
    schedule: DiffusionSchedule,
    distillation: DistillationConfig,
    progress: float,
    generator: torch.Generator,
    portion: Portion | None = None,
) -> Tensor:
    """`distil_latents` for images [batch, ...] in [0, 1] that the model takes as they are, scaled to [-1, 1]; its estimate of
    them is kept within that range. The gradient is with respect to `images`, averaged over the batch, of which these are a
    `portion`."""
    portion = whole(len(images)) if portion is None else portion
    gradient = distil_latents(predict, images * 2 - 1, schedule, distillation, progress, generator, portion, limit=1.0)
    return gradient * (2 / portion.rows(len(images)))


@torch.no_grad()
def distil_latents(
    predict: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    clean: Tensor,
    schedule: DiffusionSchedule,
    distillation: DistillationConfig,
    progress: float,
    generator: torch.Generator,
    portion: Portion | None = None,
    limit: float | None = None,
    shared: int = 1,
    views: int = 1,
) -> Tensor:
    """The score distillation gradient with respect to `clean` [batch, ...], which is whatever the model denoises.

    predict(noisy, timesteps) -> conditional and unconditional outputs, of clean's shape.
    progress: how far the stage is, 0 to 1. Every draw comes from `generator`; all of a batch shares one noise level, and
    `shared` neighbours in it the noise itself. portion: which cameras' rows of a larger batch these are. limit: largest
    absolute value of the model's estimate. views: neighbours whose contrast is one, see `rescale_contrast`.
    """
    level = draw_noise_level(distillation, progress, generator, 1)
    index = (level * (len(schedule.alpha) - 1)).long().expand(len(clean)).to(clean.device)
    alpha, sigma = schedule.alpha.to(clean)[index], schedule.sigma.to(clean)[index]
    portion = whole(len(clean) // shared) if portion is None else portion
    noise = portion.draw(len(clean) // shared, clean.shape[1:], generator).repeat_interleave(shared, 0).to(clean)
    noisy = add_noise(clean, noise, alpha, sigma)
    conditional, unconditional = predict(noisy, schedule.timesteps(index))
    output = classifier_free_guidance(conditional, unconditional, distillation.scale(progress))
    estimate = predict_x0(output, noisy, alpha, sigma, schedule.prediction)
    if distillation.rescale:
        plain = predict_x0(conditional, noisy, alpha, sigma, schedule.prediction)
        estimate = rescale_contrast(estimate, plain, distillation.rescale, views)
    if limit is not None:
        estimate = estimate.clamp(-limit, limit)
    return distillation_gradient(clean, estimate, alpha, sigma, distillation.weighting)


@dataclass(frozen=True)
class DiffusionSchedule:
    """alpha and sigma of x_t = alpha * x + sigma * noise by noise level, [levels]; the prediction type; and the timesteps
    that the model takes, [levels], where they are not the levels' numbers."""

    alpha: Tensor
    sigma: Tensor
    prediction: str
    model_timesteps: Tensor | None = None

    def timesteps(self, index: Tensor) -> Tensor:
        """The timesteps that the model takes at levels `index` [batch]."""
        return index if self.model_timesteps is None else self.model_timesteps.to(index.device)[index]

    @classmethod
    def of(cls, scheduler) -> DiffusionSchedule:
        """From a diffusers scheduler: a variance-preserving one (`alphas_cumprod`) or one of flow matching.

        Flow matching has x_t = (1 - sigma) x + sigma noise and the model takes 1000 sigma (Lipman et al. 2023); a shift s
        moves its levels towards noise, s sigma / (1 + (s - 1) sigma) (Esser et al. 2024, section 5.3.2).
        """
        config = scheduler.config
        prediction = config.get("prediction_type", "flow_prediction")
        if prediction == "flow_prediction" or config.get("use_flow_sigmas"):
            count = config.num_train_timesteps
            level = torch.arange(1, count + 1) / count
            shift = config.get("flow_shift") or config.get("shift") or 1.0
            sigma = shift * level / (1 + (shift - 1) * level)
            return cls(1 - sigma, sigma, "flow_prediction", sigma * count)
        alphas = scheduler.alphas_cumprod
        return cls(alphas.sqrt(), (1 - alphas).sqrt(), prediction)
