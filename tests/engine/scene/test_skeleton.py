"""A bar of bones that bends as an analytic hinge does."""

import math

import numpy as np
import pytest
import torch

from engine.scene.skeleton import SLOW, Skeleton, jerkiness, rigidity, waves_over_time
from engine.scene.skinning_weights import lay_out_bones
from tests.engine.scene.test_skinning_weights import bar

# A quarter of the clip on, a wave of one period is at its crest; three quarters on, at its trough.
TIMES = torch.tensor([0.75, 0.25])
# What a wave of one period counts in a skeleton of two moments.
FIRST = float(waves_over_time(torch.tensor([0.25]), 1)[0, 1])


@pytest.fixture
def bent() -> Skeleton:
    """Three bones along Z; at the second of TIMES the upper one leans by 0.6 about X through the middle of the bar, at the
    first it is at rest."""
    skeleton = Skeleton(2, 3)
    skeleton.lay_out(lay_out_bones(bar(), 3))
    top = int(skeleton.centres[:, 2].argmax())
    # About a hinge at 0.4 up the bar: what the rotation about the bone's own centre leaves to a translation.
    arm = float(skeleton.centres[top, 2]) - 0.4
    with torch.no_grad():
        for values, at_crest in (
            (skeleton.rotation, [0.6, 0.0, 0.0]),
            (skeleton.translation, [0.0, -arm * math.sin(0.6), arm * (math.cos(0.6) - 1)]),
        ):
            values[0, top] = torch.tensor(at_crest) / 2
            values[1, top] = torch.tensor(at_crest) / 2 / FIRST
    return skeleton


def solid_points(count: int = 400) -> torch.Tensor:
    cells = np.argwhere(bar())
    chosen = np.random.default_rng(0).choice(len(cells), count)
    return torch.tensor(2 * cells[chosen] / (len(bar()) - 1) - 1, dtype=torch.float32)


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


def test_gradients_reach_the_waves_of_the_bone_that_holds_the_place(bent):
    points = bent.to_posed(solid_points(), torch.ones(400, dtype=torch.long), TIMES).detach()
    bent.to_rest(points, torch.ones(400, dtype=torch.long), TIMES)[:, 1].sum().backward()
    top = int(bent.centres[:, 2].argmax())
    # The bone further along +Y, and what is there comes from further along -Y; at the crest the wave is FIRST.
    assert bent.translation.grad[0, top, 1] < 0
    assert torch.allclose(bent.translation.grad[1], FIRST * bent.translation.grad[0], rtol=1e-4)


def test_a_moment_between_two_is_between_them(bent):
    half = bent.transforms(torch.tensor([0.5]))[0]
    top = int(bent.centres[:, 2].argmax())
    assert math.atan2(float(half[top, 2, 1]), float(half[top, 1, 1])) == pytest.approx(0.3, abs=1e-5)


def test_waves_are_one_and_sines_and_cosines_that_count_less_the_shorter_they_are():
    waves = waves_over_time(torch.tensor([0.0, 0.125]), 2)
    first, second = 1 / (1 + 1 / SLOW**2), 1 / (1 + 4 / SLOW**2)
    assert waves[0].tolist() == pytest.approx([1, 0, 0, first, second], abs=1e-6)
    half = math.sqrt(0.5)
    assert waves[1].tolist() == pytest.approx([1, first * half, second, first * half, 0], abs=1e-6)


def test_a_skeleton_that_moves_as_one_is_rigid_and_one_that_stretches_is_not(bent):
    with torch.no_grad():
        bent.translation.zero_()
        bent.translation[0] = torch.tensor([0.1, 0.2, 0.3])
        bent.rotation.zero_()
    assert float(rigidity(bent)) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        bent.translation[:, 0, 2] += 0.2
    assert float(rigidity(bent)) > 1e-3


def test_stillness_is_not_jerky_and_a_wave_is_by_its_second_difference():
    skeleton = Skeleton(8, 1)
    with torch.no_grad():
        skeleton.translation[0] = 0.3
    assert float(jerkiness(skeleton)) == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        skeleton.translation[1, 0, 0] = 0.1 * (1 + 1 / SLOW**2)
    # Of 0.1 sin(2 pi t) at 8 places, closed: 2 (cos(2 pi / 8) - 1) times the wave, whose mean square is half its height's.
    again = (2 * (math.cos(math.pi / 4) - 1)) ** 2 * 0.1**2 / 2
    around = [0.1 * math.sin(2 * math.pi * (i + 0.5) / 8) for i in (-1, *range(8), 0)]
    steps = [around[i] - 2 * around[i + 1] + around[i + 2] for i in range(8)]
    assert float(jerkiness(skeleton)) == pytest.approx(sum(step**2 for step in steps), rel=1e-4)
    assert sum(step**2 for step in steps) == pytest.approx(8 * again, rel=1e-6)
