import numpy as np
import pytest
import torch

from engine.reference.image import SIDE, ReferenceImage
from engine.reference.resample import premultiplied, resampled

# A value that is the place it is at, from -1/2 to 1/2 across the picture.
PLACES = (torch.arange(SIDE) + 0.5) / SIDE - 0.5


def places() -> torch.Tensor:
    """[2, SIDE, SIDE]: the column and the row of every pixel, as `resampled` counts them."""
    return torch.stack([PLACES.expand(SIDE, -1), PLACES[:, None].expand(-1, SIDE)])


def test_colours_are_times_alpha():
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[3, 5] = (255, 51, 0, 102)
    tensor = premultiplied(ReferenceImage(pixels))
    assert tensor.shape == (4, SIDE, SIDE) and tensor.dtype == torch.float32
    # 102 of 255 is 0.4, and 51 of 255 is 0.2.
    assert tensor[:, 3, 5].tolist() == pytest.approx([0.4, 0.08, 0.0, 0.4]) and float(tensor.sum()) == pytest.approx(0.88)


@pytest.mark.parametrize("pixel", [1 / SIDE, 1 / 64])
def test_a_picture_is_read_where_it_is_asked(pixel):
    x, y = torch.tensor([[-0.3, 0.0, 0.2], [0.1, 0.3, 0.4]]), torch.tensor([[-0.1, 0.4], [0.0, 0.25]])
    read = resampled(places(), x, y, pixel)
    assert read.shape == (2, 2, 2, 3)
    for picture in range(2):
        assert torch.allclose(read[picture, 0], x[picture].expand(2, -1), atol=1e-4)
        assert torch.allclose(read[picture, 1], y[picture, :, None].expand(-1, 3), atol=1e-4)


def test_there_is_nothing_outside():
    outside = torch.tensor([[0.6, -0.7]])
    assert not resampled(torch.ones(4, SIDE, SIDE), outside, torch.zeros(1, 1), 1 / 64).any()
    assert not resampled(torch.ones(4, SIDE, SIDE), torch.zeros(1, 1), outside, 1 / 64).any()


def test_what_is_finer_than_a_pixel_is_averaged():
    """Stripes of a pixel, read at pixels four times as large, are grey; at their own size they are not."""
    stripes = (torch.arange(SIDE) % 2.0).expand(1, SIDE, -1)
    x = PLACES[None, 200:208]
    coarse = resampled(stripes, x, torch.zeros(1, 1), 4 / SIDE)
    assert torch.allclose(coarse, torch.tensor(0.5), atol=1e-5)
    fine = resampled(stripes, x, torch.zeros(1, 1), 1 / SIDE)
    assert fine[0, 0, 0].tolist() == pytest.approx([0, 1] * 4, abs=1e-4)


def test_a_pixel_larger_than_the_picture_is_its_mean():
    read = resampled(places() + 0.5, torch.zeros(1, 1), torch.zeros(1, 1), 3.0)
    assert read.flatten().tolist() == pytest.approx([0.5, 0.5])
