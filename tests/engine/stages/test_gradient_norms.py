import pytest
import torch

from engine.stages.gradient_norms import GradientNorms


def test_norms_by_hand_over_what_a_term_depends_on():
    plane, other = torch.nn.Parameter(torch.tensor([3.0, 4.0])), torch.nn.Parameter(torch.tensor([1.0]))
    plane.grad, other.grad = torch.tensor([0.0, 2.0]), torch.tensor([100.0])
    norms = GradientNorms()
    norms.add_scene({"smooth": 0.5 * plane.square().sum(), "fixed": torch.zeros(())}, [plane, other])
    # The gradient of half the square is the plane itself; the other parameter is no part of it, and what is fixed has none.
    assert norms.as_metrics() == pytest.approx({"norm/smooth": 5.0, "norm/smooth/image": 2.0})
    assert torch.equal(plane.grad, torch.tensor([0.0, 2.0]))


def test_chunks_add_up_as_squares():
    norms = GradientNorms()
    for value in (3.0, 4.0):
        density = torch.ones(1, requires_grad=True)
        norms.add_samples({"sparsity": (value * density).sum()}, (2 * density).sum(), density)
    assert norms.as_metrics() == pytest.approx({"norm/sparsity": 5.0, "norm/sparsity/image": 8**0.5})


def test_what_has_no_gradient_has_no_norm():
    norms = GradientNorms()
    norms.add_samples({"sparsity": torch.zeros(())}, torch.zeros(()), torch.ones(1))
    assert norms.as_metrics() == {}
