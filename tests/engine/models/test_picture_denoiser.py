import math

import pytest
import torch

from engine.models.clip_denoiser import expected_size, fold
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
        "colours": torch.rand(count, 2, 3) * 2 - 1,
        "said": torch.ones(count, dtype=torch.bool),
        "joints": torch.randn(count, 4, 3) * 0.3,
        "used": torch.ones(count, 4, dtype=torch.bool),
    }


def test_untaught_it_sees_the_background():
    known = told(2)
    estimate = fresh()(torch.randn(2, 3, 16, 16), torch.tensor([100, 900]), torch.tensor([0.99, 0.01]), **known)
    assert torch.allclose(estimate, known["background"][:, :, None, None].expand(2, 3, 16, 16), atol=1e-6)


def test_a_colour_is_put_where_the_network_says_it_is(monkeypatch):
    """A mask of the left half for the first colour, of the top right quarter for the second; the rest is background."""
    model, known = fresh(), told(1)
    first, second = torch.zeros(2, 1, 1, 16, 16)
    first[..., :8], second[..., :8, 8:] = 1, 1
    size = 2 * expected_size(BLOCK)[: BLOCK**2, None, None]
    where = torch.stack([fold(mask.expand(-1, 3, -1, -1), BLOCK)[:, : BLOCK**2] / size for mask in (first, second)], 1)
    monkeypatch.setattr(model, "parts", lambda *_: (torch.zeros(1, 12, 8, 8), where))
    arguments = torch.randn(1, 3, 16, 16), torch.tensor([500]), torch.tensor([0.5])
    picture = model(*arguments, **known)[0]
    assert torch.allclose(picture[:, 3, 3], known["colours"][0, 0], atol=1e-5)
    assert torch.allclose(picture[:, 3, 12], known["colours"][0, 1], atol=1e-5)
    assert torch.allclose(picture[:, 12, 12], known["background"][0], atol=1e-5)
    unsaid = model(*arguments, **known | {"said": torch.tensor([False])})[0]
    assert torch.allclose(unsaid, known["background"][0, :, None, None].expand(3, 16, 16), atol=1e-5)


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
        {"colours": known["colours"].flip(1)}, {"said": ~known["said"]}, {"timesteps": (100, 100)},
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
