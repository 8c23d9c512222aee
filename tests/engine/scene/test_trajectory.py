import math

import pytest
import torch

from engine.scene.field import Field
from engine.scene.frame_times import frame_times
from engine.scene.trajectory import Trajectory, continuous_rotation_vectors, rotation_matrix
from tests.engine.scene.test_field import SMALL, TIMES, moving_field, points


def moved(field: Field) -> Field:
    generator = torch.Generator().manual_seed(4)
    for parameter in field.trajectory.parameters():
        parameter.data = 0.2 * torch.randn(parameter.shape, generator=generator)
    return field


def test_a_quarter_turn_about_z_brings_x_to_y():
    matrix = rotation_matrix(torch.tensor([0.0, 0.0, math.pi / 2]))
    assert torch.allclose(matrix @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)
    whole = rotation_matrix(torch.tensor([0.0, 2 * math.pi, 0.0]))
    assert torch.allclose(whole, torch.eye(3), atol=1e-5)


def test_a_new_trajectory_is_identity():
    own = Trajectory(4).to_body(points(20), torch.zeros(20, dtype=torch.long), torch.tensor([0.3]))
    assert torch.allclose(own, points(20), atol=1e-6)


def test_held_it_keeps_attitude_and_proportions_of_one_time_at_all_times():
    trajectory = Trajectory(2)
    trajectory.translation.data[:] = 0.7
    trajectory.rotation.data[0] = torch.tensor([0.0, 0.0, math.pi / 2])
    trajectory.log_scale.data[0] = torch.tensor([0.5, 0.2, 0.2])
    centre, rotation, scale = trajectory.held(0.25).placement(torch.tensor([0.25, 0.75]))
    assert not centre.any() and torch.equal(rotation[0], rotation[1])
    assert torch.allclose(rotation[0] @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6)
    assert torch.allclose(scale[1].log(), torch.tensor([0.2, -0.1, -0.1]), atol=1e-6)
    assert trajectory.placement(torch.tensor([0.25]))[0].any()


def test_a_moved_turned_and_scaled_point_is_found_by_hand():
    trajectory = Trajectory(1)
    trajectory.translation.data[0] = torch.tensor([0.5, 0.0, 0.0])
    trajectory.rotation.data[0] = torch.tensor([0.0, 0.0, math.pi / 2])
    trajectory.log_scale.data[0] = torch.tensor([2.0, 1.0, 1.0]).log()
    # The body's point (0.1, 0, 0) is scaled to 0.2 along X, turned to Y, and moved.
    world = torch.tensor([[0.5, 0.2, 0.0]])
    own = trajectory.to_body(world, torch.zeros(1, dtype=torch.long), torch.tensor([0.5]))
    assert torch.allclose(own, torch.tensor([[0.1, 0.0, 0.0]]), atol=1e-6)


def test_places_between_the_entries_are_interpolated():
    trajectory = Trajectory(2)
    trajectory.translation.data[1, 2] = 1.0
    centre, _, _ = trajectory.placement(torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]))
    assert centre[:, 2].tolist() == pytest.approx([0, 0, 0.5, 1, 1])


def test_a_field_moves_with_its_trajectory():
    field = moving_field()
    for planes in field.time:
        planes.data.zero_()
    field.trajectory.translation.data[:, 0] = torch.linspace(-0.2, 0.2, SMALL.times)
    times = (torch.arange(SMALL.times) + 0.5) / SMALL.times
    at = points(40) * 0.5
    still = field(at, times[2:3])[0][0]
    shifted = field(at + torch.tensor([0.2, 0.0, 0.0]), times[4:5])[0][0]
    assert torch.allclose(still, shifted, rtol=1e-3, atol=1e-4)


def test_fast_and_plain_forms_are_equal_on_a_trajectory():
    field = moved(moving_field())
    fast, plain = field(points(200), TIMES), field.plain(points(200), TIMES)
    assert torch.allclose(fast[0], plain[0], atol=2e-4)
    assert torch.allclose(fast[1], plain[1], atol=1e-5)


@pytest.mark.parametrize("rigid_only", [False, True])
def test_fast_and_plain_gradients_are_equal_on_a_trajectory(rigid_only):
    gradients = []
    for form in ("forward", "plain"):
        field = moved(moving_field())
        if rigid_only:
            for name, parameter in field.named_parameters():
                parameter.requires_grad_(name.startswith("trajectory"))
        density, colour = getattr(field, form)(points(100), TIMES)
        (density.square().mean() * 1e-2 + colour.square().sum()).backward()
        gradients.append({name: parameter.grad for name, parameter in field.named_parameters()})
    for name, fast in gradients[0].items():
        plain = gradients[1][name]
        assert (fast is None) == (plain is None) == (rigid_only and not name.startswith("trajectory"))
        if fast is not None:
            assert torch.allclose(fast, plain, atol=2e-4, rtol=2e-3), name


def test_double_precision_gives_the_same_trajectory_gradient():
    gradients = []
    for dtype in (torch.float32, torch.float64):
        field = moved(moving_field()).to(dtype)
        density, _ = field(points(50).to(dtype), TIMES.to(dtype))
        density.square().mean().backward()
        gradients.append(field.trajectory.translation.grad.double())
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("turns", [1, -1, 2])
def test_whole_turns_go_on(turns):
    angle = 2 * math.pi * turns * frame_times(16)
    wanted = torch.stack([0 * angle, 0 * angle, angle], 1)
    found = continuous_rotation_vectors(rotation_matrix(wanted))
    torch.testing.assert_close(found.diff(dim=0), wanted.diff(dim=0), atol=1e-4, rtol=0)


def test_rocking_to_and_fro_passes_through_no_turn():
    tilt = torch.linspace(-0.6, 0.6, 9)
    wanted = torch.stack([0 * tilt, tilt, 0 * tilt], 1)
    torch.testing.assert_close(continuous_rotation_vectors(rotation_matrix(wanted)), wanted, atol=1e-4, rtol=0)
