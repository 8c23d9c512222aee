import math
from dataclasses import replace

import pytest
import torch

from engine.config.field import FieldConfig
from engine.scene.cameras import Cameras
from engine.scene.field import Field
from engine.scene.occupancy import Occupancy
from engine.scene.render import View, back_propagate, clip_to_box, composite, render, render_and_backward


class UniformBall:
    """A stand-in for a field: constant density and colour inside a sphere that moves along X with time."""

    def __init__(self, density: float, radius: float, speed: float = 0.0) -> None:
        self.density, self.radius, self.speed = density, radius, speed

    device = torch.device("cpu")
    skeleton = None

    def packed(self, points, frames, times):
        centre = torch.zeros(len(points), 3)
        centre[:, 0] = self.speed * times[frames]
        inside = (points - centre).norm(dim=-1) < self.radius
        return self.density * inside.float(), torch.tensor([1.0, 0.5, 0.0]).expand(len(points), 3)

    def __call__(self, points, times):
        frames = torch.arange(len(times)).repeat_interleave(len(points))
        density, colour = self.packed(points.repeat(len(times), 1), frames, times)
        return density.view(len(times), -1), colour.view(len(times), -1, 3)


def front(count: int = 1) -> Cameras:
    return Cameras(torch.zeros(count), torch.zeros(count))


def view(size: int = 17, samples: int = 400, times=(0.0,), cameras: Cameras | None = None, **options) -> View:
    cameras = cameras or front()
    background = torch.tensor([[0.0, 0.0, 1.0]]).expand(len(cameras), 3)
    return View(cameras, torch.tensor(times), size, samples, background, **options)


def small_field(trajectory: bool = True) -> Field:
    generator = torch.Generator().manual_seed(0)
    field = Field(FieldConfig((6, 11), times=4, channels=4, hidden=8, trajectory=trajectory), generator)
    for planes in field.time:
        planes.data = torch.randn(planes.shape, generator=generator)
    return field


def test_two_samples_by_hand():
    weights, opacity = composite(torch.tensor([1.0, 2.0]), torch.tensor([0.5]))
    first = 1 - math.exp(-0.5)
    assert torch.allclose(weights, torch.tensor([first, math.exp(-0.5) * (1 - math.exp(-1.0))]))
    assert float(opacity) == pytest.approx(1 - math.exp(-1.5))


def test_central_ray_through_a_uniform_ball_matches_beer_lambert():
    images, opacity = render(UniformBall(2.0, 0.5), Occupancy(), view())
    expected = 1 - math.exp(-2.0 * 1.0)
    assert float(opacity[0, 0, 8, 8]) == pytest.approx(expected, abs=0.005)
    assert torch.allclose(images[0, 0, :, 8, 8], torch.tensor([expected, expected / 2, 1 - expected]), atol=0.005)
    assert torch.allclose(images[0, 0, :, 0, 0], torch.tensor([0.0, 0.0, 1.0]))


def test_frames_show_the_scene_at_their_own_times():
    _, opacity = render(UniformBall(50.0, 0.3, speed=0.6), Occupancy(), view(size=33, times=(0.0, 1.0)))
    columns = torch.arange(33.0)
    centres = (opacity[0] * columns).sum((1, 2)) / opacity[0].sum((1, 2))
    half_width = 3.2 * math.tan(math.radians(19))
    assert float(centres[0]) == pytest.approx(16, abs=0.1)
    assert float(centres[1] - centres[0]) == pytest.approx(0.6 / half_width * 16.5, abs=0.5)


def test_rays_are_clipped_to_the_scene():
    near, far = clip_to_box(torch.tensor([[0.0, -3.0, 0.0], [0.0, -3.0, 5.0]]), torch.tensor([[0.0, 1.0, 0.0]] * 2))
    assert near.tolist()[0] == pytest.approx(2) and far.tolist()[0] == pytest.approx(4)
    assert near[1] == far[1]


def test_skipping_empty_space_changes_nothing():
    ball, skipping = UniformBall(30.0, 0.4, speed=0.3), Occupancy(24)
    skipping.update(ball, torch.tensor([0.0, 1.0]))
    assert skipping.share < 0.2
    # The same box for both, so that both have the same samples.
    everything = Occupancy(24)
    everything.bits = torch.ones_like(skipping.bits)
    everything.bounds = skipping.bounds
    looking = view(times=(0.0, 1.0))
    both = [render(ball, occupancy, looking)[0] for occupancy in (everything, skipping)]
    assert (both[0] - both[1]).abs().max() < 1e-3


def test_samples_lie_round_what_is_occupied_in_each_frame():
    ball, occupancy = UniformBall(30.0, 0.3, speed=0.5), Occupancy(24)
    occupancy.update(ball, torch.tensor([0.0, 1.0]))
    cameras = Cameras(torch.zeros(1, 2), torch.zeros(1, 2))
    # Few samples do as well as many where none is wasted; a camera that moves has a box for each frame.
    few, many = (render(ball, occupancy, view(times=(0.0, 1.0), cameras=cameras, samples=n))[0] for n in (48, 800))
    spread = render(ball, Occupancy(), view(times=(0.0, 1.0), cameras=cameras, samples=48))[0]
    assert (few - many).abs().mean() < 0.6 * (spread - many).abs().mean()


def test_leaving_out_what_is_hidden_changes_nothing():
    ball, occupancy = UniformBall(40.0, 0.6, speed=0.2), Occupancy(32)
    occupancy.update(ball, torch.tensor([0.0, 1.0]))
    looking = view(times=(0.0, 1.0))
    both = [render(ball, occupancy, replace(looking, stop_below=transmittance)) for transmittance in (0.0, 1e-3)]
    assert (both[0][0] - both[1][0]).abs().max() < 1e-3
    assert (both[0][1] - both[1][1]).abs().max() < 1e-3


def test_what_is_hidden_starts_where_the_least_densities_let_too_little_through():
    ball, occupancy = UniformBall(40.0, 0.6), Occupancy(32)
    occupancy.update(ball, torch.tensor([0.0]))
    along = torch.linspace(-0.995, 0.995, 200)
    points = torch.stack([torch.zeros(200), along, torch.zeros(200)], -1)[None]
    hidden = occupancy.hidden(points, torch.tensor([[0.01]]), 1, 1e-3)[0, 0]
    depth_needed = math.log(1000) / 40
    # The ball begins at -0.6; cells beside its border, of 1/16, count as empty.
    first = float(along[hidden][0])
    assert -0.6 + depth_needed < first < -0.6 + depth_needed + 3 / 16
    assert hidden[along > first].all()
    assert not occupancy.hidden(points, torch.tensor([[0.01]]), 1, 0.0).any()
    assert not Occupancy(32).hidden(points, torch.tensor([[0.01]]), 1, 1e-3).any()


@pytest.mark.parametrize("empty", [False, True])
def test_frames_that_share_space_look_and_learn_the_same(empty):
    """Places read once for all frames, against every frame for itself."""
    looking = view(size=6, samples=12, times=(0.1, 0.5, 0.9), cameras=front(2), seed=3)
    gradient = torch.randn(2, 3, 3, 6, 6, generator=torch.Generator().manual_seed(2))
    results = []
    for apart in (False, True):
        field = small_field(trajectory=False)
        occupancy = Occupancy(8)
        occupancy.bits = torch.rand(3, 8, 8, 8, generator=torch.Generator().manual_seed(1)) < (0.0 if empty else 0.4)
        cameras = looking.cameras
        if apart:
            cameras = Cameras(cameras.azimuth[:, None].expand(-1, 3), cameras.elevation[:, None].expand(-1, 3))
        own = replace(looking, cameras=cameras)
        back_propagate(field, occupancy, own, gradient)
        results.append((render(field, occupancy, own)[0], [parameter.grad for parameter in field.parameters()]))
    assert torch.allclose(results[0][0], results[1][0], atol=1e-5)
    for shared, single in zip(results[0][1], results[1][1], strict=True):
        assert torch.allclose(shared, single, atol=1e-5, rtol=1e-3)


def test_occupancy_keeps_one_bit_for_each_frame():
    occupancy = Occupancy(16)
    occupancy.update(UniformBall(30.0, 0.2, speed=0.8), torch.tensor([0.0, 1.0]))
    found = occupancy.lookup(torch.tensor([[0.0, 0.0, 0.0], [0.8, 0.0, 0.0], [1.5, 0.0, 0.0]]), 2)
    assert found.tolist() == [[True, False, False], [False, True, False]]


@pytest.mark.parametrize("moving", [False, True])
def test_deferred_gradient_in_chunks_equals_the_direct_one(moving):
    azimuth = torch.tensor([0.3, 2.0])
    cameras = Cameras(azimuth, torch.zeros(2))
    if moving:
        cameras = Cameras(azimuth[:, None] + torch.tensor([0.0, 0.4, 0.8]), torch.zeros(2, 3))
    options = dict(size=6, samples=12, times=(0.1, 0.5, 0.9), cameras=cameras, seed=3)
    gradient = torch.randn(2, 3, 3, 6, 6, generator=torch.Generator().manual_seed(2))
    results = []
    for samples in (10_000, 7 * 12 * 3):
        field = small_field()
        back_propagate(field, Occupancy(), view(**options, chunk_samples=samples), gradient)
        results.append([parameter.grad for parameter in field.parameters()])
    for whole, chunked in zip(*results, strict=True):
        assert torch.allclose(whole, chunked, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("samples", [10_000, 100])
def test_rendering_once_equals_rendering_and_then_back_propagating(samples):
    looking = view(size=6, samples=12, times=(0.1, 0.9), cameras=front(2), seed=3, chunk_samples=samples)

    def gradient(images):
        return images - 0.3

    def penalty(rendered, image):
        return 0.2 * rendered.opacity.sum()

    apart, together = small_field(), small_field()
    images, opacity = render(apart, Occupancy(), looking)
    back_propagate(apart, Occupancy(), looking, gradient(images), penalty)
    followed = render_and_backward(together, Occupancy(), looking, gradient, penalty)
    assert torch.equal(followed[0], images - 0.3) and torch.equal(followed[1], opacity)
    assert not followed[0].requires_grad and not followed[1].requires_grad
    for one, other in zip(apart.parameters(), together.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, atol=1e-6)


def test_gradient_follows_finite_differences():
    field = small_field().double()
    cameras = Cameras(torch.tensor([0.3], dtype=torch.float64), torch.tensor([0.2], dtype=torch.float64))
    looking = View(cameras, torch.tensor([0.4], dtype=torch.float64), 4, 10, torch.full((1, 3), 0.5, dtype=torch.float64))
    gradient = torch.randn(1, 1, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    back_propagate(field, Occupancy(), looking, gradient)
    analytic = float(field.second_bias.grad[0])
    values = []
    for shift in (1e-5, -1e-5):
        with torch.no_grad():
            field.second_bias[0] += shift
            values.append(float((render(field, Occupancy(), looking)[0] * gradient).sum()))
            field.second_bias[0] -= shift
    assert analytic == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-4)


def test_exploring_renders_a_share_of_the_empty_cells():
    empty = Occupancy(8)
    empty.bits = torch.zeros(1, 8, 8, 8, dtype=torch.bool)
    fog = UniformBall(0.5, 5.0)
    shares = [float(render(fog, empty, view(seed=1, empty_sample_prob=p))[1].mean()) for p in (0.0, 0.3)]
    full = float(render(fog, Occupancy(), view(seed=1))[1].mean())
    assert shares[0] == 0 and 0.15 * full < shares[1] < 0.5 * full


def test_occupancy_between_its_frames_holds_what_either_neighbour_holds():
    occupancy = Occupancy(16)
    occupancy.update(UniformBall(30.0, 0.2, speed=0.8), torch.tensor([0.25, 0.75]))
    between = occupancy.at(torch.tensor([0.25, 0.5, 0.75]))
    assert torch.equal(between.bits[0], occupancy.bits[0]) and torch.equal(between.bits[2], occupancy.bits[1])
    assert torch.equal(between.bits[1], occupancy.bits[0] | occupancy.bits[1])
    assert torch.equal(between.least[1], torch.minimum(occupancy.least[0], occupancy.least[1]))
    assert torch.equal(occupancy.at(torch.tensor([0.0, 1.0])).bits, occupancy.bits)
    assert Occupancy(16).at(torch.tensor([0.5])).bits is None
