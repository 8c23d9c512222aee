from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMScheduler

from engine.guidance.denoisers.deepfloyd import LOW_NOISE_LEVEL, DeepFloyd, DeepFloydUpscaler, shared_noise
from engine.guidance.text.encoders import TextStates
from engine.scene.cameras import Cameras
from tests.engine.guidance import public_models

CAMERAS = Cameras(torch.zeros(2), torch.zeros(2))


@pytest.fixture(scope="module")
def upscaler() -> DeepFloydUpscaler:
    return DeepFloydUpscaler(public_models.deepfloyd_upscaler().components)


def test_the_first_stage_takes_pictures_at_its_own_size_and_needs_no_other_conditions():
    denoiser = DeepFloyd(public_models.deepfloyd().components)
    assert denoiser.size == 16 and denoiser.model_frames(torch.rand(2, 3, 3, 40, 40)).shape == (6, 3, 16, 16)
    assert denoiser.conditions(CAMERAS, None, torch.Generator()) == {}
    assert denoiser.roles == ("image",) and denoiser.recipe.distillation.guidance_scale == 20


def test_the_low_resolution_is_enlarged_and_given_its_noise(upscaler):
    low = torch.rand(2, 3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    given = upscaler.conditions(CAMERAS, low, torch.Generator().manual_seed(4))
    assert upscaler.size == 32 and given["level"].tolist() == [LOW_NOISE_LEVEL] * 6
    enlarged = torch.nn.functional.interpolate(low.flatten(0, 1), (32, 32), mode="bilinear", align_corners=True) * 2 - 1
    noise = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(4)).repeat_interleave(3, 0)
    left = DDPMScheduler().alphas_cumprod[LOW_NOISE_LEVEL]
    assert torch.allclose(given["low"], left.sqrt() * enlarged + (1 - left).sqrt() * noise, atol=1e-5)


def test_noise_is_the_same_in_all_frames_of_a_clip_and_another_in_the_next():
    noise = shared_noise(torch.zeros(6, 3, 4, 4), 3, torch.Generator().manual_seed(0))
    assert torch.equal(noise[0], noise[2]) and torch.equal(noise[3], noise[5]) and not torch.equal(noise[2], noise[3])


def test_the_network_sees_the_low_resolution_behind_the_noisy_picture(upscaler, monkeypatch):
    seen = {}

    def network(pictures, timesteps, states, class_labels):
        seen.update(pictures=pictures, labels=class_labels)
        return SimpleNamespace(sample=torch.cat([pictures[:, :3] * 2] * 2, 1))

    monkeypatch.setattr(upscaler, "network", network)
    noisy, low = torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32)
    conditions = {"low": low, "level": torch.tensor([5, 6])}
    predicted = upscaler(noisy, torch.tensor([1, 1]), TextStates(torch.zeros(2, 1, 1)), conditions)
    assert torch.equal(seen["pictures"], torch.cat([noisy, low], 1)) and seen["labels"].tolist() == [5, 6]
    # The learned variance behind the noise is left out.
    assert torch.equal(predicted, 2 * noisy)
