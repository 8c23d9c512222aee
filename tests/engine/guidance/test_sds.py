from dataclasses import replace

import pytest
import torch

from engine.config.stage import AS_PUBLISHED, DistillationConfig
from engine.guidance.sds import (
    DiffusionSchedule,
    add_noise,
    classifier_free_guidance,
    distil,
    distillation_gradient,
    draw_noise_level,
    predict_x0,
    rescale_contrast,
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
    config = DistillationConfig(noise_start=0.9, noise_end=0.3, noise_spread=0.05)
    levels = [draw_noise_level(config, p, torch.Generator().manual_seed(1), 500) for p in (0.0, 1.0)]
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


def test_noise_levels_that_narrow_widen_and_stop():
    config = DistillationConfig(
        noise_start=0.9, noise_end=0.3, noise_spread=0.0, noise_spread_end=0.2, noise_until=0.5, noise_limits=(0.15, 0.6)
    )
    assert config.noise(0.0) == (0.9, 0.0)
    assert config.noise(0.25) == pytest.approx((0.6, 0.1))
    assert config.noise(0.5) == config.noise(1.0) == pytest.approx((0.3, 0.2))
    # A draw at the top is cut to the limits, and so are those of the last step below .15.
    assert float(draw_noise_level(config, 0.0, torch.Generator(), 1)) == pytest.approx(0.6)
    last = draw_noise_level(config, 1.0, torch.Generator().manual_seed(1), 500)
    assert float(last.min()) == pytest.approx(0.15) and 0.45 < float(last.max()) <= 0.5


def test_guidance_that_falls_over_a_stage():
    config = DistillationConfig(guidance_scale=25.0, guidance_end=12.0)
    assert [config.scale(progress) for progress in (0.0, 0.5, 1.0)] == [25.0, 18.5, 12.0]
    assert DistillationConfig(guidance_scale=7.0).scale(0.9) == 7.0
    schedule = DiffusionSchedule(torch.tensor([0.9, 0.5]), torch.tensor([0.4, 0.8]), "sample")

    def residual(progress):
        images = torch.full((1, 3, 2, 2), 0.5)
        predict = lambda noisy, timesteps: (torch.full_like(noisy, 0.01), torch.zeros_like(noisy))  # noqa: E731
        return float(distil(predict, images, schedule, config, progress, torch.Generator().manual_seed(0)).mean())

    # Clean is 0; the estimate is the scale times .01; pixels are half as far apart as what the model denoises.
    assert residual(0.0) == pytest.approx(-2 * 0.25) and residual(1.0) == pytest.approx(-2 * 0.12)


def test_velocity_weighting_is_the_velocity_residual():
    clean, noise, sigma = CLEAN, NOISE, SIGMA
    noisy = add_noise(clean, noise, 1 - sigma, sigma)
    predicted = noise - clean + 0.1
    estimate = predict_x0(predicted, noisy, 1 - sigma, sigma, "flow_prediction")
    gradients = {name: distillation_gradient(clean, estimate, 1 - sigma, sigma, name) for name in ("velocity", "sds")}
    weight = sigma.view(3, 1, 1) ** 2
    assert torch.allclose(gradients["velocity"], weight * (predicted - (noise - clean)), atol=1e-5)
    # The same damped by what is left of the clean clip.
    assert torch.allclose(gradients["sds"], (1 - sigma.view(3, 1, 1)) * gradients["velocity"], atol=1e-6)
    with pytest.raises(ValueError, match="by ear"):
        distillation_gradient(clean, estimate, 1 - sigma, sigma, "by ear")


def test_contrast_is_brought_back_over_all_views_of_an_object():
    plain = torch.tensor([[1.0, -1.0], [3.0, -3.0], [1.0, -1.0], [1.0, -1.0]])
    guided = 4 * plain
    # Half of it at a quarter of the contrast, half as it is: 4 (.5 / 4 + .5) = 2.5.
    assert torch.allclose(rescale_contrast(guided, plain, 0.5, 2), 2.5 * plain)
    uneven = torch.tensor([[4.0, -4.0], [3.0, -3.0]])
    own, together = rescale_contrast(uneven, plain[:2], 1.0, 1), rescale_contrast(uneven, plain[:2], 1.0, 2)
    assert torch.allclose(own, plain[:2])
    # Root mean squares: (1 + 9) / (16 + 9) of the squares.
    assert torch.allclose(together, uneven * (10 / 25) ** 0.5)


def test_what_a_stage_leaves_open_is_filled_from_the_class():
    own = DistillationConfig(25.0, 0.75, 0.35, 0.15, "sds", guidance_end=12.0, noise_limits=(0.02, 0.9), rescale=0.5)
    assert AS_PUBLISHED.filled(own) == own
    scaled = replace(AS_PUBLISHED, guidance_scale=7.0).filled(own)
    assert scaled == replace(own, guidance_scale=7.0, guidance_end=None), "a user's own scale stays what it is"
    low = DistillationConfig(None, 0.26, 0.26, 0.24, None).filled(own)
    assert low.noise(0.5) == (0.26, 0.24) and low.noise_limits == (0.02, 0.98) and low.weighting == "sds"
