from types import SimpleNamespace

import pytest
import torch

from engine.guidance.denoisers.stable_diffusion import StableDiffusion, StableDiffusionXL
from engine.guidance.text.encoders import TextStates
from tests.engine.guidance import public_models

NOISY, TEXT = torch.randn(2, 4, 16, 16), TextStates(torch.randn(2, 5, 8), torch.randn(2, 6))


def asked(denoiser, monkeypatch, text: TextStates) -> dict:
    """What the network is given beside the states."""
    given = {}

    def network(noisy, timesteps, states, added_cond_kwargs):
        assert noisy is NOISY and states is text.states
        given.update(added_cond_kwargs)
        return SimpleNamespace(sample=noisy * 3)

    monkeypatch.setattr(denoiser, "network", network)
    assert torch.equal(denoiser(NOISY, torch.zeros(2), text, {}), NOISY * 3)
    return given


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_the_scheduler_says_what_is_predicted(prediction):
    denoiser = StableDiffusion(public_models.stable_diffusion(prediction).components)
    assert denoiser.schedule.prediction == prediction and denoiser.recipe.distillation.guidance_scale == 100


def test_pictures_are_as_large_as_the_latents_of_training_need():
    denoiser = StableDiffusion(public_models.stable_diffusion().components)
    # Latents of 16 pixels, each of two by two of the picture's.
    assert denoiser.size == 32 and denoiser.model_frames(torch.rand(2, 3, 3, 20, 20)).shape == (6, 3, 32, 32)


def test_a_picture_beside_the_text_is_shown_where_there_is_one(monkeypatch):
    denoiser = StableDiffusion(public_models.stable_diffusion().components)
    assert denoiser.accepts_image_prompt and asked(denoiser, monkeypatch, TEXT) == {}
    (embeds,) = asked(denoiser, monkeypatch, TEXT.with_picture(torch.ones(1, 7)))["image_embeds"]
    assert embeds.shape == (2, 1, 7)


def test_xl_is_told_of_the_size_and_the_pooled_text_as_well(monkeypatch):
    denoiser = StableDiffusionXL(public_models.stable_diffusion_xl().components)
    given = asked(denoiser, monkeypatch, TEXT.with_picture(torch.ones(1, 7)))
    assert set(given) == {"text_embeds", "time_ids", "image_embeds"}
    assert given["text_embeds"] is TEXT.pooled and given["time_ids"].tolist() == [[32, 32, 0, 0, 32, 32]] * 2
    assert denoiser.text_components == ("tokenizer", "text_encoder", "tokenizer_2", "text_encoder_2")
