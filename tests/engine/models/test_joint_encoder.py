import pytest
import torch

from engine.models.joint_encoder import JointEncoder


def fresh() -> JointEncoder:
    torch.manual_seed(0)
    return JointEncoder(width=8, tokens=5, joints=4, hidden=16, harmonics=3)


def test_untaught_everything_is_at_rest():
    (centre, rotation, scale), joints, used = fresh()(torch.randn(3, 5, 8), torch.rand(3, 6))
    assert torch.equal(centre, torch.zeros(3, 6, 3)) and torch.equal(scale, torch.ones(3, 6, 3))
    assert torch.allclose(rotation, torch.eye(3).expand(3, 6, 3, 3))
    assert torch.equal(joints, torch.zeros(3, 6, 4, 3)) and used.shape == (3, 4)


def test_clips_loop_and_rotations_are_rotations_whatever_the_weights():
    encoder = fresh()
    torch.nn.init.normal_(encoder.sizes.weight)
    (centre, rotation, scale), joints, _ = encoder(torch.randn(2, 5, 8), torch.tensor([[0.0, 0.3, 1.0]] * 2))
    for value in (centre, rotation, scale, joints):
        assert torch.allclose(value[:, 0], value[:, 2], atol=1e-3) and not torch.allclose(value[:, 0], value[:, 1], atol=1e-2)
    assert torch.allclose(rotation @ rotation.transpose(-1, -2), torch.eye(3).expand(2, 3, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(rotation), torch.ones(2, 3), atol=1e-5) and (scale > 0).all()


def test_it_learns_where_a_joint_goes_and_how_the_body_rocks():
    """A circle of a third of a metre, and half a radian to and fro about Z."""
    encoder = fresh()
    optimiser = torch.optim.Adam(encoder.parameters(), lr=1e-2)
    states = torch.randn(1, 5, 8)
    times = torch.linspace(0, 1, 33)[None]
    turn = 2 * torch.pi * times
    circle = torch.stack([turn.cos(), turn.sin(), 0 * turn], -1) / 3
    angle = 0.5 * turn.sin()
    ahead = torch.stack([angle.cos(), angle.sin(), 0 * angle], -1)
    for _ in range(400):
        (_, rotation, _), joints, _ = encoder(states, times)
        loss = (joints[:, :, 2] - circle).square().mean() + (rotation[..., 0] - ahead).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-3)
