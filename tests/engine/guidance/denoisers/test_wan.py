from types import SimpleNamespace

import pytest
import torch

from engine.contract.errors import ModelError
from engine.guidance.denoisers.wan import Wan
from engine.guidance.text.encoders import TextStates
from tests.engine.guidance import public_models


@pytest.fixture(scope="module")
def components() -> dict:
    return public_models.wan().components


def test_clips_have_one_frame_and_groups_of_four(components):
    denoiser = Wan(components)
    # Sixteen pixels are one of the transformer's patches.
    assert denoiser.size == 416 and denoiser.is_video
    denoiser.lower_memory()
    assert denoiser.size == 320
    shown = denoiser.model_frames(torch.rand(1, 16, 3, 8, 8))
    assert shown.shape == (1, 17, 3, 320, 320) and torch.equal(shown[:, 0], shown[:, 1])


def test_a_transformer_that_says_what_it_was_trained_on_is_shown_that(components, tmp_path):
    transformer = public_models.wan().transformer
    transformer.register_to_config(sample_size=9)
    transformer.save_pretrained(tmp_path)
    loaded = type(transformer).from_pretrained(tmp_path)
    denoiser = Wan(components | {"transformer": loaded})
    # Nine latents are 72 pixels; 80 are the next that patches of two latents divide.
    assert denoiser.size == 80
    denoiser.lower_memory()
    assert denoiser.size == 80, "it is less than at low memory"


def test_it_predicts_a_flow_and_keeps_its_autoencoder_in_full_precision(components):
    denoiser = Wan(components)
    assert denoiser.schedule.prediction == "flow_prediction" and denoiser.fp32_components == ("vae",)
    # Shifted by three: 3 s / (1 + 2 s).
    assert float(denoiser.schedule.sigma[499]) == pytest.approx(0.75)


def test_the_network_has_time_behind_the_channels(components, monkeypatch):
    denoiser, noisy = Wan(components), torch.randn(1, 2, 16, 4, 4)

    def network(clip, timesteps, states):
        assert clip.shape == (1, 16, 2, 4, 4)
        return SimpleNamespace(sample=-clip)

    monkeypatch.setattr(denoiser, "network", network)
    assert torch.equal(denoiser(noisy, torch.zeros(1), TextStates(torch.zeros(1, 7, 8)), {}), -noisy)


def test_a_model_that_wants_a_picture_is_refused(components):
    transformer = SimpleNamespace(config=SimpleNamespace(in_channels=36, patch_size=(1, 2, 2)))
    with pytest.raises(ModelError, match="wants a picture beside the text"):
        Wan(components | {"transformer": transformer})


def test_the_autoencoder_of_patches_has_half_the_side_and_the_picture_fits_it():
    denoiser = Wan(public_models.wan_fine().components)
    assert denoiser.latents.factor == 16 and denoiser.size == 416
    assert denoiser.latents.encode(torch.rand(1, 5, 3, 32, 64)).shape == (1, 2, 16, 2, 4)


def test_a_timestep_told_to_every_token_is_the_clips_own():
    # As the pipeline of Wan 2.2's 5B model asks its transformer, which there begins from a picture as well.
    denoiser = Wan(public_models.wan_fine().components)
    noisy, text = torch.randn(2, 2, 16, 4, 4), torch.randn(2, 5, public_models.WIDTH)
    timesteps = torch.tensor([700.0, 250.0])
    tokens = timesteps[:, None].expand(2, 2 * 2 * 2)
    with torch.no_grad():
        by_token = denoiser.network(noisy.transpose(1, 2), tokens, text).sample.transpose(1, 2)
        assert torch.allclose(denoiser(noisy, timesteps, TextStates(text), {}), by_token, atol=1e-6)
