import math

import pytest
import torch

from engine.models.clip_denoiser import expected_size, fold, unfold
from engine.models.picture_denoiser import BLOCK, PictureDenoiser
from engine.scene.cameras import Cameras


def fresh() -> PictureDenoiser:
    torch.manual_seed(0)
    small = {"widths": (8, 16, 16), "blocks": (1, 1, 1), "hidden": 16, "layout_channels": 4}
    return PictureDenoiser(size=16, width=8, tokens=3, joints=4, **small)


def told(count: int) -> dict:
    torch.manual_seed(1)
    return {
        "text_states": torch.randn(count, 3, 8),
        "cameras": Cameras(torch.rand(count), torch.rand(count), fov=math.radians(27)),
        "background": torch.rand(count, 3) * 2 - 1,
        "joints": torch.randn(count, 4, 3) * 0.3,
        "used": torch.ones(count, 4, dtype=torch.bool),
    }


def untaught_estimate(noisy: torch.Tensor, alpha: float, background: torch.Tensor) -> torch.Tensor:
    """The linear estimate that the expected sizes allow: signal size^2 / (alpha size^2 + 1 - alpha), channel by channel."""
    size = expected_size(BLOCK)[:, None, None]
    folded = fold(noisy - alpha**0.5 * background[:, :, None, None], BLOCK)
    return unfold(alpha**0.5 * size**2 / (alpha * size**2 + 1 - alpha) * folded, BLOCK) + background[:, :, None, None]


@pytest.mark.parametrize("alpha", [0.999, 0.5, 0.01])
def test_untaught_it_gives_the_linear_estimate(alpha):
    noisy, known = torch.randn(2, 3, 16, 16), told(2)
    estimate = fresh()(noisy, torch.tensor([100, 900]), torch.full((2,), alpha), **known)
    assert torch.allclose(estimate, untaught_estimate(noisy, alpha, known["background"]), atol=1e-4)


def test_everything_it_is_told_counts():
    model, noisy = fresh(), torch.randn(2, 3, 16, 16)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    known = told(2)

    def estimate(timesteps=(500, 500), **changes) -> torch.Tensor:
        with torch.no_grad():
            return model(noisy, torch.tensor(timesteps), torch.full((2,), 0.5), **(known | changes))

    before = estimate()
    elsewhere = Cameras(known["cameras"].azimuth + 1, known["cameras"].elevation, fov=math.radians(27))
    changes = (
        {"text_states": known["text_states"] + 1}, {"cameras": elsewhere}, {"background": known["background"] * 0.5},
        {"joints": known["joints"] + 0.2}, {"used": known["used"] & torch.tensor([True, True, True, False])},
        {"timesteps": (100, 100)},
    )  # fmt: skip
    for change in changes:
        assert not torch.allclose(estimate(**change), before, atol=1e-3), change.keys()


def test_pictures_of_another_size_are_refused():
    with pytest.raises(ValueError, match="takes pictures of 16 pixels, not 32"):
        fresh()(torch.randn(1, 3, 32, 32), torch.tensor([5]), torch.tensor([0.5]), **told(1))


def test_it_round_trips_through_a_folder(tmp_path):
    model = fresh()
    model.half().save_pretrained(tmp_path)
    again = PictureDenoiser.from_pretrained(tmp_path)
    assert again.config.widths == [8, 16, 16] or tuple(again.config.widths) == (8, 16, 16)
    for name, value in again.state_dict().items():
        assert torch.equal(value, model.state_dict()[name].float())
