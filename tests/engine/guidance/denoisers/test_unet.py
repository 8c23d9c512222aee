from types import SimpleNamespace

import pytest
import torch

from engine.guidance.denoisers.unet import (
    each_frame,
    fitting,
    native_size,
    noise_prediction,
    picture_conditions,
    pooled_conditions,
)
from engine.guidance.text.encoders import TextStates


class Config(dict):
    __getattr__ = dict.__getitem__


def unet(levels: int = 4, **config) -> SimpleNamespace:
    return SimpleNamespace(config=Config(block_out_channels=(8,) * levels, **config))


@pytest.mark.parametrize(
    ("config", "size"), [({"sample_size": 96}, 96), ({"sample_size": [40, 72]}, 40), ({"sample_size": None}, 64), ({}, 64)]
)
def test_the_native_size_is_that_of_training(config, size):
    assert native_size(unet(**config)) == size


@pytest.mark.parametrize(("size", "fits"), [(64, 64), (57, 64), (1, 8), (65, 72)])
def test_a_size_is_rounded_up_to_one_that_halves_evenly(size, fits):
    # Four levels halve three times.
    assert fitting(unet(), size) == fits and fitting(unet(levels=1), size) == size


def test_every_frame_is_a_picture_of_its_own():
    frames = torch.arange(6.0).view(2, 3, 1, 1, 1).expand(2, 3, 3, 4, 4)
    pictures = each_frame(frames, 8)
    assert pictures.shape == (6, 3, 8, 8) and pictures[:, 0, 3, 3].tolist() == pytest.approx([0, 1, 2, 3, 4, 5])


def test_a_learned_variance_is_left_out():
    output, noisy = torch.randn(2, 6, 4, 4), torch.zeros(2, 3, 4, 4)
    assert torch.equal(noise_prediction(output, noisy), output[:, :3])
    assert torch.equal(noise_prediction(output[:, :3], noisy), output[:, :3])


def test_what_stands_beside_the_text():
    states = TextStates(torch.zeros(2, 5, 4), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert picture_conditions(states) == {}
    (embeds,) = picture_conditions(states.with_picture(torch.ones(1, 3)))["image_embeds"]
    assert embeds.shape == (2, 1, 3)
    added = pooled_conditions(states, 64)
    assert added["text_embeds"] is states.pooled and added["time_ids"].tolist() == [[64, 64, 0, 0, 64, 64]] * 2
