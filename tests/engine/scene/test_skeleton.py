"""A bar of bones that bends as an analytic hinge does."""

import math

import numpy as np
import pytest
import torch

from engine.scene.skeleton import GRID, Skeleton, jerkiness, rigidity
from engine.scene.skinning_weights import lay_out_bones
from tests.engine.scene.test_skinning_weights import bar

TIMES = torch.tensor([0.25, 0.75])


@pytest.fixture
def bent() -> Skeleton:
    """Three bones along Z; at the second of two moments the upper one leans by 0.6 about X through the middle of the bar."""
    skeleton = Skeleton(2, 3)
    skeleton.lay_out(lay_out_bones(bar(), 3))
    top = int(skeleton.centres[:, 2].argmax())
    with torch.no_grad():
        skeleton.rotation[1, top, 0] = 0.6
        # About a hinge at 0.4 up the bar: what the rotation about the bone's own centre leaves to a translation.
        arm = float(skeleton.centres[top, 2]) - 0.4
        skeleton.translation[1, top] = torch.tensor([0.0, -arm * math.sin(0.6), arm * (math.cos(0.6) - 1)])
    return skeleton


def solid_points(count: int = 400) -> torch.Tensor:
    cells = np.argwhere(bar())
    chosen = np.random.default_rng(0).choice(len(cells), count)
    return torch.tensor(2 * cells[chosen] / (GRID - 1) - 1, dtype=torch.float32)


def test_at_rest_nothing_moves():
    skeleton, points = Skeleton(2, 3), solid_points()
    assert not skeleton.is_laid_out
    skeleton.lay_out(lay_out_bones(bar(), 3))
    frames = torch.arange(len(points)) % 2
    assert skeleton.is_laid_out
    assert torch.allclose(skeleton.to_posed(points, frames, TIMES), points, atol=1e-5)
    assert torch.allclose(skeleton.to_rest(points, frames, TIMES), points, atol=1e-5)


def test_the_tip_turns_about_the_hinge_and_the_foot_stays(bent):
    points = torch.tensor([[0.0, 0.0, 0.79], [0.0, 0.0, -0.79]])
    posed = bent.to_posed(points, torch.ones(2, dtype=torch.long), TIMES)
    assert posed[0].tolist() == pytest.approx([0.0, -0.39 * math.sin(0.6), 0.4 + 0.39 * math.cos(0.6)], abs=0.08)
    assert posed[1].tolist() == pytest.approx([0.0, 0.0, -0.79], abs=0.02)


def test_the_way_back_undoes_the_way_there(bent):
    points = solid_points()
    frames = torch.arange(len(points)) % 2
    back = bent.to_rest(bent.to_posed(points, frames, TIMES), frames, TIMES)
    assert (back - points).norm(dim=-1).quantile(0.95) < 0.02


def test_gradients_reach_the_poses_of_the_frames_that_are_asked(bent):
    points = bent.to_posed(solid_points(), torch.ones(400, dtype=torch.long), TIMES).detach()
    bent.to_rest(points, torch.ones(400, dtype=torch.long), TIMES)[:, 1].sum().backward()
    top = int(bent.centres[:, 2].argmax())
    assert bent.rotation.grad[1, top, 0].abs() > 1 and not bent.rotation.grad[0].any()
    # The bone further along +Y, and what is there comes from further along -Y, in the bone's axes.
    assert bent.translation.grad[1, top, 1] < 0


def test_a_moment_between_two_is_between_them(bent):
    half = bent.transforms(torch.tensor([0.5]))[0]
    top = int(bent.centres[:, 2].argmax())
    assert math.atan2(float(half[top, 2, 1]), float(half[top, 1, 1])) == pytest.approx(0.3, abs=1e-5)


def test_a_skeleton_that_moves_as_one_is_rigid_and_one_that_stretches_is_not(bent):
    with torch.no_grad():
        bent.translation[:] = torch.tensor([0.1, 0.2, 0.3])
        bent.rotation.zero_()
    assert float(rigidity(bent)) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        bent.translation[:, 0, 2] += 0.2
    assert float(rigidity(bent)) > 1e-3


def test_even_motion_is_not_jerky_and_a_loop_closes():
    skeleton = Skeleton(8, 1)
    with torch.no_grad():
        skeleton.translation[:, 0, 0] = torch.arange(8) * 0.1
    assert float(jerkiness(skeleton, loop=False)) == pytest.approx(0, abs=1e-9)
    # From the last back to the first: a step of -0.7 in place of 0.1, twice.
    assert float(jerkiness(skeleton, loop=True)) == pytest.approx(2 * 0.8**2, rel=1e-5)
