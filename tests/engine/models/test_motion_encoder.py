import torch

from engine.models.motion_encoder import MotionEncoder


def fresh(hidden: int = 16) -> MotionEncoder:
    torch.manual_seed(0)
    return MotionEncoder(width=8, hidden=hidden, harmonics=3)


def test_untaught_it_leaves_everything_at_rest():
    centre, rotation, scale = fresh()(torch.randn(3, 6, 8), torch.rand(3))
    assert torch.equal(centre, torch.zeros(3, 3)) and torch.equal(scale, torch.ones(3, 3))
    assert torch.allclose(rotation, torch.eye(3).expand(3, 3, 3))


def test_rotations_are_rotations_whatever_the_weights_and_clips_loop():
    encoder = fresh()
    torch.nn.init.normal_(encoder.body[-1].weight)
    states = torch.randn(1, 6, 8).expand(5, -1, -1)
    _, rotation, scale = encoder(states, torch.linspace(0, 1, 5))
    assert torch.allclose(rotation @ rotation.transpose(1, 2), torch.eye(3).expand(5, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(rotation), torch.ones(5), atol=1e-5)
    assert torch.allclose(rotation[0], rotation[-1], atol=1e-4) and not torch.allclose(rotation[0], rotation[2], atol=1e-2)
    assert bool((scale > 0).all())


def test_it_learns_to_rock():
    """A radian to and fro. A whole turn may leave the second axis on the wrong side, where no small change helps."""
    encoder, optimiser_steps = fresh(64), 300
    optimiser = torch.optim.Adam(encoder.parameters(), lr=5e-3)
    states = torch.randn(1, 6, 8).expand(32, -1, -1)
    for _ in range(optimiser_steps):
        times = torch.rand(32)
        angle, zero = torch.sin(2 * torch.pi * times), torch.zeros(32)
        true = torch.stack([angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero, zero, zero, zero + 1], 1)
        loss = (encoder(states, times)[1] - true.view(-1, 3, 3)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 1e-4
