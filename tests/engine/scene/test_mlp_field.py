import torch

from engine.config.field import FieldConfig
from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.mlp_field import MlpField
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, back_propagate
from engine.stages.regularisers import time_smoothness, time_variation, total_variation

SHAPE = FieldConfig(resolutions=(6, 11), times=5, channels=4, hidden=8)


def small() -> MlpField:
    return MlpField(SHAPE, torch.Generator().manual_seed(0))


def points(count: int) -> torch.Tensor:
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(1)) * 2.2 - 1.1


def test_motion_begins_at_identity_and_what_is_outside_is_empty():
    density, colour = small()(points(50), torch.tensor([0.0, 0.4, 1.0]))
    assert torch.allclose(density[0], density[2], rtol=1e-4) and torch.allclose(colour[0], colour[2], atol=1e-5)
    assert not density[:, (points(50).abs() > 1).any(1)].any()


def test_it_begins_as_the_same_blob_as_the_planes():
    centre = torch.tensor([[0.0, 0.0, 0.0], [0.9, 0.9, 0.9]])
    for field in (small(), Field(SHAPE, torch.Generator().manual_seed(0))):
        density, _ = field(centre, torch.tensor([0.5]))
        assert density[0, 0] > 20 > 4 > density[0, 1]


def test_packed_and_forward_agree_where_it_moves():
    field = small()
    torch.nn.init.normal_(field.moving[-1].weight, generator=torch.Generator().manual_seed(2))
    times = torch.tensor([0.1, 0.8])
    density, colour = field(points(20), times)
    assert not torch.allclose(density[0], density[1])
    for frame in range(2):
        packed = field.packed(points(20), torch.full((20,), frame), times)
        assert torch.allclose(packed[0], density[frame], atol=1e-4) and torch.allclose(packed[1], colour[frame], atol=1e-5)


def test_it_renders_and_learns_where_the_planes_do():
    field = small()
    view = View(Cameras(torch.zeros(1), torch.zeros(1)), torch.tensor([0.1, 0.9]), 6, 12, torch.full((1, 3), 0.5))
    back_propagate(field, Occupancy(), view, torch.randn(1, 2, 3, 6, 6, generator=torch.Generator().manual_seed(0)))
    assert all(parameter.grad is not None for parameter in field.groups()["space"])
    assert field.moving[-1].weight.grad.any()


def test_the_regularisers_of_planes_are_nothing():
    field = small()
    assert float(total_variation(field) + time_smoothness(field) + time_variation(field)) == 0


def test_groups_hold_every_parameter_once():
    for field in (small(), Field(SHAPE, torch.Generator().manual_seed(0))):
        grouped = [id(p) for parameters in field.groups().values() for p in parameters]
        assert sorted(grouped) == sorted(id(p) for p in field.parameters())
