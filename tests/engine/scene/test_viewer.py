"""What people are shown of a bar of bones, and of scenes that no bones move."""

import pytest
import torch

from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.frozen.posed import PosedBody
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, render
from engine.scene.viewer import RESOLUTION, Viewer
from tests.engine.scene.frozen.test_posed import bending_bar

TIMES = torch.tensor([0.2, 0.7])


@pytest.fixture
def field() -> Field:
    return bending_bar()


@pytest.fixture
def view() -> View:
    return View(Cameras(torch.tensor([0.5, 2.0]), torch.full((2,), 0.3)), TIMES, 16, 32, torch.full((2, 3), 0.4))


def plain(field: Field, view: View) -> torch.Tensor:
    occupancy = Occupancy(RESOLUTION)
    occupancy.update(field, view.times)
    return render(field, occupancy, view)[0]


@torch.no_grad()
def test_a_body_of_bones_is_shown_as_it_is_posed(field, view):
    images, opacity = Viewer.of(field).render(view)
    posed = PosedBody(field, field.baked, TIMES)
    assert torch.equal(images, render(posed, posed.occupancy, view)[0])
    assert opacity.max() > 0.9
    # And much as the plain form has it, where a bar that bends a little has no specks.
    assert (images - plain(field, view)).abs().mean() < 0.02


@torch.no_grad()
def test_a_body_that_is_not_baked_yet_is_baked_and_the_field_stays_as_it_was(field, view):
    field.given, field.baked = field.baked, None
    viewer = Viewer.of(field)
    assert viewer.body is not None and field.baked is None
    assert viewer.render(view)[1].max() > 0.9


@torch.no_grad()
def test_what_time_planes_move_as_well_is_asked_as_it_is(field, view):
    field.time[0][:] = 0.1
    viewer = Viewer.of(field)
    assert viewer.body is None
    assert torch.equal(viewer.render(view)[0], plain(field, view))


@torch.no_grad()
def test_a_known_occupancy_is_used(field, view):
    field.time[0][:] = 0.1
    nothing = Occupancy(8)
    nothing.bits = torch.zeros(2, 8, 8, 8, dtype=torch.bool)
    images, opacity = Viewer.of(field).render(view, nothing)
    assert opacity.max() == 0
    assert torch.allclose(images, torch.tensor(0.4))


def test_density_is_that_of_the_posed_body_and_nothing_beyond_it(field):
    axis = torch.linspace(-1, 1, 40)
    places = torch.cartesian_prod(axis, axis, axis)
    posed, asked = Viewer.of(field).density(places, 0.7), Viewer(field, None).density(places, 0.7)
    assert ((posed > 15) == (asked > 15)).float().mean() > 0.995 and (posed > 15).sum() > 50
    assert Viewer.of(field).density(torch.full((2, 3), 0.99), 0.7).tolist() == [0.0, 0.0]
