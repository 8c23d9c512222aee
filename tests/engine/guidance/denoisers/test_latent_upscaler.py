from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMScheduler

from engine.guidance.denoisers.latent_upscaler import LOW_NOISE_LEVEL, LatentUpscaler
from engine.guidance.text.encoders import TextStates
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.zeros(2), torch.zeros(2))


@pytest.fixture(scope="module")
def denoiser() -> LatentUpscaler:
    return LatentUpscaler(public_models.latent_upscaler().components)


@pytest.mark.parametrize(("size", "shown"), [(64, 64), (32, 32), (42, 48), (4, 8)])
def test_any_size_is_rounded_up_to_latents_that_halve_evenly(denoiser, size, shown):
    # The autoencoder halves twice, the network once.
    assert denoiser.model_frames(torch.rand(1, 2, 3, size, size)).shape == (2, 3, shown, shown)


def test_the_low_resolution_is_given_a_little_noise_at_its_own_size(denoiser):
    low = torch.rand(2, 3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    given = denoiser.conditions(CAMERAS, low, torch.Generator().manual_seed(4))
    noise = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(4)).repeat_interleave(3, 0)
    left = DDPMScheduler().alphas_cumprod[LOW_NOISE_LEVEL]
    assert torch.allclose(given["low"], left.sqrt() * (low.flatten(0, 1) * 2 - 1) + (1 - left).sqrt() * noise, atol=1e-5)
    assert given["level"].tolist() == [LOW_NOISE_LEVEL] * 6


def test_the_network_sees_the_low_resolution_behind_the_latents_at_their_size(denoiser, monkeypatch):
    seen = {}

    def network(pictures, timesteps, states, class_labels):
        seen.update(pictures=pictures, labels=class_labels)
        return SimpleNamespace(sample=pictures[:, :4])

    monkeypatch.setattr(denoiser, "network", network)
    noisy, level = torch.randn(1, 4, 8, 8), torch.tensor([20])
    conditions = {"low": torch.full((1, 3, 4, 4), 0.3), "level": level}
    assert torch.equal(denoiser(noisy, torch.zeros(1), TextStates(torch.zeros(1, 5, 8)), conditions), noisy)
    assert seen["pictures"].shape == (1, 7, 8, 8) and torch.allclose(seen["pictures"][:, 4:], torch.tensor(0.3))
    assert seen["labels"] is level
