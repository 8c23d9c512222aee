import pytest
import torch

from engine.config.stage import DistillationConfig
from engine.guidance.sds import (
    DiffusionSchedule,
    add_noise,
    classifier_free_guidance,
    distil,
    distillation_gradient,
    draw_noise_level,
    predict_x0,
)

GENERATOR = torch.Generator().manual_seed(0)
CLEAN = torch.randn(3, 2, 4, generator=GENERATOR)
NOISE = torch.randn(3, 2, 4, generator=GENERATOR)
SIGNAL = torch.tensor([0.9, 0.6, 0.2])
SIGMA = (1 - SIGNAL**2).sqrt()


@pytest.mark.parametrize("prediction", ["sample", "epsilon", "v_prediction"])
def test_a_perfect_output_gives_the_clean_image_back(prediction):
    a, s = SIGNAL.view(3, 1, 1), SIGMA.view(3, 1, 1)
    output = {"sample": CLEAN, "epsilon": NOISE, "v_prediction": a * NOISE - s * CLEAN}[prediction]
    noisy = add_noise(CLEAN, NOISE, SIGNAL, SIGMA)
    assert torch.allclose(predict_x0(output, noisy, SIGNAL, SIGMA, prediction), CLEAN, atol=1e-5)


def test_a_perfect_flow_gives_the_clean_image_back():
    signal = 1 - SIGMA
    noisy = add_noise(CLEAN, NOISE, signal, SIGMA)
    assert torch.allclose(predict_x0(NOISE - CLEAN, noisy, signal, SIGMA, "flow_prediction"), CLEAN, atol=1e-5)


def test_an_unknown_prediction_is_refused():
    with pytest.raises(ValueError, match="lucky guess"):
        predict_x0(CLEAN, CLEAN, SIGNAL, SIGMA, "lucky guess")


def test_guidance_is_in_the_convention_of_diffusers():
    assert torch.equal(classifier_free_guidance(CLEAN, NOISE, 1.0), NOISE + (CLEAN - NOISE))
    assert torch.equal(classifier_free_guidance(CLEAN, NOISE, 0.0), NOISE)
    assert classifier_free_guidance(torch.tensor(3.0), torch.tensor(1.0), 4.0) == 9


def test_sds_weighting_is_the_noise_residual_of_dreamfusion():
    predicted = NOISE + 0.1
    noisy = add_noise(CLEAN, NOISE, SIGNAL, SIGMA)
    estimate = predict_x0(predicted, noisy, SIGNAL, SIGMA, "epsilon")
    gradient = distillation_gradient(CLEAN, estimate, SIGNAL, SIGMA, "sds")
    assert torch.allclose(gradient, SIGMA.view(3, 1, 1) ** 2 * (predicted - NOISE), atol=1e-5)


def test_noise_is_annealed_within_its_spread():
    levels = [draw_noise_level(p, 0.9, 0.3, 0.05, torch.Generator().manual_seed(1), 500) for p in (0.0, 1.0)]
    assert 0.85 <= levels[0].min() and levels[0].max() <= 0.95
    assert levels[1].mean() == pytest.approx(0.3, abs=0.01)


def test_distillation_pulls_towards_what_the_model_sees():
    """A model that always sees mid grey under the prompt, and black without: scale 2 sees white's side of grey."""
    schedule = DiffusionSchedule(torch.tensor([0.9, 0.5]), torch.tensor([0.4, 0.8]), "sample")
    asked = []

    def predict(noisy, timesteps):
        asked.append((noisy.shape, timesteps))
        return torch.full_like(noisy, 0.0), torch.full_like(noisy, -0.5)

    images = torch.full((2, 3, 4, 4), 0.75)
    gradient = distil(predict, images, schedule, DistillationConfig(guidance_scale=2.0), 0.0, torch.Generator().manual_seed(0))
    # Clean 0.5 in [-1, 1], estimate -0.5 + 2 * 0.5 = 0.5: nothing to change.
    assert torch.allclose(gradient, torch.zeros_like(images), atol=1e-6)
    gradient = distil(predict, images, schedule, DistillationConfig(guidance_scale=1.0), 0.0, torch.Generator().manual_seed(0))
    # Residual 0.5 - 0.0, twice for the change of scale, over a batch of two.
    assert torch.allclose(gradient, torch.full_like(images, 0.5))
    assert asked[0][0] == images.shape and asked[0][1].shape == (2,)
