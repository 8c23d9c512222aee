"""What pictures say of a scene's health, by hand."""

import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.field import Field
from engine.stages.looks import measure_looks, turns_by

GREY = torch.full((1, 3), 0.5)


def pictures(colour: tuple[float, float, float], opacity: torch.Tensor) -> torch.Tensor:
    """One camera's frames of a thing of one colour, of opacity [frames, height, width], before grey."""
    own = torch.tensor(colour)[None, :, None, None]
    return (own * opacity[:, None] + 0.5 * (1 - opacity[:, None]))[None]


def looks(colour, opacity):
    return measure_looks(pictures(colour, opacity), opacity[None], GREY)


def square(left: int = 0, value: float = 1.0) -> torch.Tensor:
    """4 x 4 pixels, two columns of which are the thing."""
    opacity = torch.zeros(4, 4)
    opacity[:, left : left + 2] = value
    return opacity


def test_nothing_has_no_looks():
    seen = looks((0.2, 0.4, 0.6), torch.zeros(1, 4, 4))
    assert (seen.opacity, seen.haze, seen.saturation, seen.contrast, seen.motion) == (0, 0, 0, 0, 0)


def test_fog_is_haze_and_something_solid_is_not():
    assert looks((0.2, 0.4, 0.6), torch.full((1, 4, 4), 0.3)).haze == pytest.approx(1)
    solid = looks((0.2, 0.4, 0.6), square()[None])
    assert (solid.opacity, solid.haze) == (0.5, 0)
    # Half as much again of it is faint.
    halo = square()
    halo[:, 2:] = 0.5
    assert looks((0.2, 0.4, 0.6), halo[None]).haze == pytest.approx(1 / 3)


def test_colours_are_the_things_own_and_not_the_backgrounds():
    for opacity in (1.0, 0.8):
        assert looks((1.0, 0.0, 0.5), square(value=opacity)[None]).saturation == 1
        strong = looks((0.9, 0.1, 0.1), square(value=opacity)[None])
        assert strong.saturation == 0 and strong.contrast == pytest.approx(0, abs=1e-6)


def test_contrast_is_the_spread_of_its_colours():
    images, opacity = pictures((0.2, 0.2, 0.2), square()[None]), square()[None, None]
    images[:, :, :, :, 0] = 0.6
    # Four pixels of .6 and four of .2, about .4, over one less than eight.
    assert measure_looks(images, opacity, GREY).contrast == pytest.approx((8 * 0.2**2 / 7) ** 0.5)


def test_motion_is_what_changes_of_the_thing():
    still = torch.stack([square(), square()])
    assert looks((1.0, 1.0, 1.0), still).motion == 0
    # A column of four comes and one goes, each by .5, of eight pixels.
    moved = looks((1.0, 1.0, 1.0), torch.stack([square(), square(1)]))
    assert moved.motion == pytest.approx((8 * 0.5 / 16) / 0.5)


def test_a_turn_is_the_largest_change_of_an_angle():
    field = Field(FieldConfig((3,), times=4, channels=1, hidden=2), torch.Generator().manual_seed(0))
    assert turns_by(field) == 0
    field.trajectory.rotation.data[:, 2] = torch.tensor([-0.5, 0.0, 1.0, 0.2])
    assert turns_by(field) == pytest.approx(1.5)
    assert turns_by(Field(FieldConfig((3,), 4, 1, 2, trajectory=False), torch.Generator())) == 0
