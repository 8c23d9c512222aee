import math

import pytest
import torch

from engine.models.world import solids

AXIS = torch.linspace(-0.6, 0.6, 61)
POINTS = torch.cartesian_prod(AXIS, AXIS, AXIS).T.contiguous()
CELL = float(AXIS[1] - AXIS[0]) ** 3


@pytest.mark.parametrize(
    ("solid", "volume"),
    [
        (solids.ball((0.1, 0, 0), 0.4), 4 / 3 * math.pi * 0.4**3),
        (solids.ellipsoid((0, 0, 0), (0.5, 0.3, 0.2), (20, 30, 40)), 4 / 3 * math.pi * 0.5 * 0.3 * 0.2),
        (solids.box((0, 0, 0), (0.3, 0.2, 0.4), turn=(0, 0, 30)), 0.6 * 0.4 * 0.8),
        (solids.cylinder((0, 0, 0), 0.3, 0.4, "x"), math.pi * 0.3**2 * 0.8),
        (solids.cone((0, 0, 0), 0.5, 0.0, 0.5), math.pi * 0.5**2 / 3),
        (solids.torus((0, 0, 0), 0.35, 0.15), 2 * math.pi**2 * 0.35 * 0.15**2),
        (solids.capsule((0, 0, -0.2), (0, 0, 0.2), 0.2), math.pi * 0.2**2 * 0.4 + 4 / 3 * math.pi * 0.2**3),
    ],
)  # fmt: skip
def test_solids_have_their_volumes(solid, volume):
    assert float((solid(POINTS) < 0).sum()) * CELL == pytest.approx(volume, rel=0.05)


def test_distances_of_exact_solids_are_distances():
    point = torch.tensor([[1.0], [0.0], [0.0]])
    assert float(solids.ball((0, 0, 0), 0.4)(point)) == pytest.approx(0.6)
    assert float(solids.box((0, 0, 0), (0.3, 0.2, 0.4), 0.05)(point)) == pytest.approx(0.7)
    assert float(solids.capsule((0, 0, 0), (0.5, 0, 0), 0.1, 0.2)(point)) == pytest.approx(0.3)


def test_a_turn_is_about_x_then_y_then_z():
    """A stick along X, turned by 90 degrees about Z, lies along Y."""
    stick = solids.ellipsoid((0, 0, 0), (0.5, 0.1, 0.1), (0, 0, 90))
    assert float(stick(torch.tensor([[0.0], [0.45], [0.0]]))) < 0 < float(stick(torch.tensor([[0.45], [0.0], [0.0]])))


def test_a_smooth_union_is_deeper_where_both_are_near_and_plain_elsewhere():
    near, far = torch.tensor([0.1, 0.1]), torch.tensor([0.1, 0.9])
    both = solids.smooth_union(near, far, 0.08)
    # At equal distances the polynomial takes off a quarter of the blend.
    assert both.tolist() == pytest.approx([0.1 - 0.02, 0.1])
    assert torch.equal(solids.smooth_union(near, far, 0.0), near)


def test_a_mirrored_solid_is_on_the_other_side():
    ball = solids.ball((0.3, 0.1, 0.0), 0.2)
    assert torch.equal(solids.mirrored(ball)(POINTS), ball(POINTS * torch.tensor([[-1.0], [1.0], [1.0]])))
