"""What is not finite is refused by name, before a file is opened."""

import numpy as np
import pytest
import torch

from engine.contract.errors import DivergedError
from engine.finite import check_finite, json_text, pixels


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_name_of_what_is_wrong_is_said(make, bad):
    check_finite(make([1.0, 2.0]), "mesh.npz")
    with pytest.raises(DivergedError, match="mesh.npz would hold numbers that are not finite"):
        check_finite(make([1.0, bad]), "mesh.npz")


def test_json_knows_only_numbers():
    assert json_text({"a": [1, 2.5]}, "a.json") == '{"a": [1, 2.5]}'
    with pytest.raises(DivergedError, match="a.json"):
        json_text({"a": {"b": [float("nan")]}}, "a.json")


def test_pictures_are_rounded_down_and_never_made_of_nothing():
    assert pixels(torch.tensor([0.0, 0.5, 1.0, 2.0]), "it").tolist() == [0, 127, 255, 255]
    with pytest.raises(DivergedError, match="the preview"):
        pixels(torch.tensor([0.5, float("nan")]), "the preview")
