"""A bar of bones, posed on a grid, against the plain form that asks for every sample."""

import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.field import Field
from engine.scene.frozen.baked import bake_body
from engine.scene.frozen.posed import PosedBody, pose
from engine.scene.skinning_weights import lay_out_bones
from tests.engine.scene.test_skinning_weights import bar

TIMES = torch.tensor([0.2, 0.7])


@pytest.fixture
def field() -> Field:
    return bending_bar()


def bending_bar() -> Field:
    """A frozen bar of bones that bends, moves and grows."""
    field = Field(FieldConfig(resolutions=(6, 11), times=4, channels=4, hidden=8, bones=4), torch.Generator().manual_seed(0))
    field.skeleton.lay_out(lay_out_bones(bar(), 4))
    grid = torch.zeros(1, 4, 48, 48, 48)
    grid[0, 0] = 30.0 * torch.from_numpy(bar())
    grid[0, 1:] = torch.linspace(0, 1, 48)
    axis = torch.linspace(-1, 1, 48)
    cells = torch.cartesian_prod(axis, axis, axis)[grid[0, 0].flatten() > 0]
    with torch.no_grad():
        field.skeleton.rotation[1, :, 0] = torch.tensor([0.3, -0.2, 0.1, 0.2])
        field.trajectory.translation[:, 0] = torch.linspace(-0.1, 0.2, 4)
        field.trajectory.rotation[:, 2] = 0.5
        field.baked = type(bake_body(field, resolution=5))(grid, cells, field.skeleton.weights_at(cells))
    return field


def samples(posed: PosedBody) -> tuple[torch.Tensor, torch.Tensor]:
    frames, x, y, z = posed.occupancy.bits.nonzero(as_tuple=True)
    jitter = torch.rand(len(frames), 3, generator=torch.Generator().manual_seed(0))
    return (torch.stack([x, y, z], 1) + jitter) * (2 / posed.occupancy.resolution) - 1, frames


def test_it_reads_as_the_plain_form_does(field):
    posed = PosedBody(field, field.baked, TIMES)
    points, frames = samples(posed)
    plain, fast = field.packed(points, frames, TIMES), posed.packed(points, frames, TIMES)
    inside = plain[0] > 15
    assert inside.float().mean() > 0.3 and ((fast[0] > 15) == inside).float().mean() > 0.98
    assert (plain[1] - fast[1])[inside].abs().mean() < 0.01


def test_its_cells_are_those_that_the_body_is_in(field):
    posed = PosedBody(field, field.baked, TIMES)
    axis = torch.linspace(-0.98, 0.98, 60)
    points = torch.cartesian_prod(axis, axis, axis)
    # But for a rim of half a cell of this coarse body's own.
    for frame in range(2):
        there = field.packed(points, torch.full((len(points),), frame), TIMES)[0] > 15
        assert posed.occupancy.lookup(points[there], 2)[frame].float().mean() > 0.85
    assert posed.occupancy.share < 0.1


def test_gradients_go_on_to_bones_and_trajectory_as_those_of_the_plain_form_do(field):
    points, frames = samples(PosedBody(field, field.baked, TIMES))
    weight = torch.rand(len(points), generator=torch.Generator().manual_seed(1))
    gradients = []
    for fast in (False, True):
        field.zero_grad()
        posed = PosedBody(field, field.baked, TIMES) if fast else field
        (posed.packed(points, frames, TIMES)[1][:, 2] * weight).sum().backward()
        if fast:
            posed.back_propagate()
        gradients.append([field.skeleton.rotation.grad.clone(), field.trajectory.translation.grad.clone()])
    for plain, fast in zip(*gradients, strict=True):
        assert torch.nn.functional.cosine_similarity(plain.flatten(), fast.flatten(), 0) > 0.97


def test_what_is_not_frozen_or_has_no_bones_is_not_posed(field):
    assert isinstance(pose(field, TIMES), PosedBody)
    field.baked = None
    assert pose(field, TIMES) is None


def test_a_body_that_has_left_the_scene_leaves_an_empty_one(field):
    with torch.no_grad():
        field.trajectory.translation[:] = 9.0
    posed = PosedBody(field, field.baked, TIMES)
    assert not posed.occupancy.bits.any()
    assert float(posed.packed(torch.zeros(3, 3), torch.zeros(3, dtype=torch.long), TIMES)[0].sum()) == 0
