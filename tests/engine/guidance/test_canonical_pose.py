"""The pose that a body is made in."""

import torch

from engine.guidance.canonical_pose import nearest_moment

# One joint stays, the other is at these heights.
HEIGHTS = torch.tensor([1.3, 1.1, 0.9, 0.7])


def joints(heights: torch.Tensor) -> torch.Tensor:
    places = torch.zeros(*heights.shape, 2, 3)
    places[..., 1, 2] = heights
    return places


def test_a_limb_that_is_held_up_is_made_so_in_the_midst_of_its_motion():
    # From rest 1 + .05 is left on average, from the second and third .06, from the ends .14.
    assert nearest_moment(joints(HEIGHTS), joints(torch.tensor(0.0))) in (1, 2)
    assert nearest_moment(joints(HEIGHTS - torch.tensor([0, 0, 0.1, 0])), joints(torch.tensor(0.0))) == 1


def test_a_body_that_moves_about_its_rest_is_made_at_rest():
    assert nearest_moment(joints(HEIGHTS), joints(torch.tensor(1.0))) is None
    # Off its rest, but not by so much that .06, which is left from the second, is a fifth: .21 from rest, and there .35.
    assert nearest_moment(joints(HEIGHTS), joints(torch.tensor(0.45))) is not None
    assert nearest_moment(joints(HEIGHTS), joints(torch.tensor(0.6))) is None


def test_a_body_that_does_not_move_is_made_at_rest():
    assert nearest_moment(joints(torch.ones(3)), joints(torch.tensor(1.0))) is None
