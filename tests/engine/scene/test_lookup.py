"""Taps by hand, on planes whose texels say where they are."""

import pytest
import torch

from engine.scene.lookup import gather_sum, line_taps, lines_at, space_taps, time_taps


def test_a_line_is_read_linearly_between_its_texels():
    # Five texels at -1, -0.5, 0, 0.5 and 1.
    lower, weight = line_taps(torch.tensor([-1.0, -0.25, 0.0, 0.9, 1.0]), 5)
    assert lower.tolist() == [0, 1, 2, 3, 3] and lower.dtype == torch.int32
    assert weight.tolist() == pytest.approx([0, 0.5, 0, 0.8, 1])


def test_beyond_its_ends_a_line_is_clamped():
    lower, weight = line_taps(torch.tensor([-3.0, 3.0]), 5)
    assert lower.tolist() == [0, 3] and weight.tolist() == [0, 1]


def test_space_planes_are_read_at_the_point_s_own_two_axes():
    resolution = 3
    axis = torch.linspace(-1, 1, resolution)
    # A texel of each plane holds its own place along the first and the second axis: rows run along the second.
    first, second = axis.expand(resolution, -1), axis[:, None].expand(-1, resolution)
    plane = torch.stack([first, second], -1).reshape(-1, 2)
    points = torch.tensor([[0.3, -0.7, 0.9], [1.0, 1.0, -1.0]])
    rows, weights = space_taps(points, resolution)
    assert rows.shape == weights.shape == (2, 12)
    for number, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
        table = torch.zeros(3 * resolution**2, 2)
        table[number * resolution**2 : (number + 1) * resolution**2] = plane
        assert torch.allclose(gather_sum(table, rows, weights), points[:, [a, b]], atol=1e-6)


def test_time_lines_are_read_along_the_axis_that_their_space_plane_lacks():
    resolution = 3
    # Lines of two frames, three a frame: 100 frame + 10 plane + place along the axis.
    frame, plane = torch.arange(2.0).view(2, 1, 1), torch.arange(3.0).view(1, 3, 1)
    lines = (100 * frame + 10 * plane + torch.linspace(-1, 1, resolution)).reshape(-1, 1)
    points = torch.tensor([[0.25, -0.5, 0.75], [-1.0, 0.0, 1.0]])
    read = gather_sum(lines, *time_taps(points, torch.tensor([0, 1], dtype=torch.int32), resolution))
    # The planes ZT, YT and XT together: 0 + 10 + 20 and z + y + x, and 100 for each in frame 1.
    assert read[:, 0].tolist() == pytest.approx([30 + 0.5, 330 + 0.0])


def test_moments_between_texels_are_blended_and_the_ends_held():
    planes = torch.tensor([0.0, 10.0, 30.0, 60.0]).view(1, 4, 1, 1).expand(3, -1, 2, 5)
    # Texel i stands at (i + 1/2) / 4.
    lines = lines_at(planes, torch.tensor([0.0, 0.125, 0.25, 0.5, 0.875, 1.0]))
    assert lines.shape == (6, 3, 2, 5)
    assert lines[:, 0, 0, 0].tolist() == pytest.approx([0, 0, 5, 20, 60, 60])


def test_a_single_moment_is_read_at_any_time():
    planes = torch.rand(3, 1, 2, 4)
    assert torch.equal(lines_at(planes, torch.tensor([0.0, 0.7]))[1], planes[:, 0])


def test_a_gather_sum_is_the_sum_by_hand():
    table = torch.tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    rows, weights = torch.tensor([[0, 2], [1, 1]], dtype=torch.int32), torch.tensor([[0.5, 0.25], [1.0, 2.0]])
    assert gather_sum(table, rows, weights).tolist() == [[1.5, 15.0], [6.0, 60.0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_gradients_of_a_gather_sum_are_those_of_an_index(dtype):
    """float64 goes tap by tap, float32 by a sparse product."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(0, 6, (9, 4), generator=generator, dtype=torch.int32)
    given = torch.randn(9, 3, generator=generator, dtype=dtype)
    grads = []
    for read in (gather_sum, lambda table, rows, weights: (table[rows.long()] * weights[..., None]).sum(1)):
        table = torch.linspace(-1, 1, 18, dtype=dtype).view(6, 3).requires_grad_()
        weights = torch.linspace(0, 1, 36, dtype=dtype).view(9, 4).requires_grad_()
        read(table, rows, weights).backward(given)
        grads.append((table.grad, weights.grad))
    for own, reference in zip(*grads, strict=True):
        assert torch.allclose(own, reference, atol=1e-5)


def test_what_needs_no_gradient_gets_none():
    rows = torch.tensor([[0, 1]], dtype=torch.int32)
    table, weights = torch.rand(2, 3), torch.rand(1, 2, requires_grad=True)
    gather_sum(table, rows, weights).sum().backward()
    assert table.grad is None and weights.grad[0].tolist() == pytest.approx(table.sum(1).tolist())
