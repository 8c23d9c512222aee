"""Occupancy of balls of known size."""

import math

import pytest
import torch

from engine.scene.occupancy import Occupancy
from tests.engine.scene.test_render import UniformBall

RESOLUTION = 32
CELL = 2 / RESOLUTION


def occupancy(density: float, radius: float, times=(0.5,), speed: float = 0.0, resolution: int = RESOLUTION) -> Occupancy:
    grid = Occupancy(resolution)
    grid.update(UniformBall(density, radius, speed), torch.tensor(times))
    return grid


def test_before_the_first_update_all_of_the_scene_is_occupied_and_nothing_hidden():
    grid, points = Occupancy(), torch.tensor([[0.0, 0.0, 0.0], [0.99, -0.99, 0.99], [1.01, 0.0, 0.0]])
    assert grid.lookup(points, 2).tolist() == [[True, True, False]] * 2 and grid.share == 1
    assert not grid.hidden(points[None], torch.tensor(10.0), 2, 0.5).any()


def test_a_ball_and_the_cells_next_to_it_are_occupied():
    grid, radius = occupancy(40.0, 0.5), 0.5
    ball = 4 / 3 * math.pi / 8
    # The neighbourhood of a cell is a cube: between a ball larger by one cell and by its diagonal.
    assert ball * (1 + CELL / radius) ** 3 * 0.97 < 8 * grid.share < ball * (1 + math.sqrt(3) * CELL / radius) ** 3
    directions = torch.nn.functional.normalize(torch.randn(200, 3, generator=torch.Generator().manual_seed(0)), dim=1)
    assert grid.lookup(radius * directions, 1).all()
    assert not grid.lookup((radius + 3 * CELL) * directions, 1).any()


def test_what_is_thinner_than_the_threshold_is_empty():
    assert occupancy(0.39, 0.5).share == 0 < occupancy(0.41, 0.5).share


def test_axes_are_not_mixed_up_and_frames_have_bits_of_their_own():
    grid = occupancy(40.0, 0.2, times=(0.0, 1.0), speed=0.7)
    ends = torch.tensor([[0.0, 0.0, 0.0], [0.7, 0.0, 0.0], [0.0, 0.7, 0.0], [0.0, 0.0, 0.7]])
    assert grid.lookup(ends, 2).tolist() == [[True, False, False, False], [False, True, False, False]]
    # Each row may be asked for in a frame of its own.
    own = torch.stack([ends[1], ends[1]]).view(2, 1, 3)
    assert grid.lookup(own, 2, torch.tensor([0, 1])).flatten().tolist() == [False, True]


def test_a_single_frame_serves_any_time():
    grid = occupancy(40.0, 0.3)
    assert grid.at(torch.tensor([0.1, 0.9])).bits is grid.bits
    assert grid.lookup(torch.zeros(1, 3), 3).tolist() == [[True]] * 3


def test_between_frames_either_neighbour_is_occupied_and_both_have_to_hide():
    grid = occupancy(40.0, 0.2, times=(0.25, 0.75), speed=1.0)
    ends = torch.tensor([[0.25, 0.0, 0.0], [0.75, 0.0, 0.0]])
    between = grid.at(torch.tensor([0.25, 0.5, 0.75, 1.0]))
    # A frame's own moment is that frame alone; beyond the last the last is held.
    assert between.lookup(ends, 4).tolist() == [[True, False], [True, True], [False, True], [False, True]]
    assert torch.equal(between.least[1], torch.minimum(*grid.least)) and torch.equal(between.least[0], grid.least[0])


def test_what_lies_behind_enough_density_is_hidden():
    grid = occupancy(40.0, 0.5)
    depth = torch.arange(-0.99, 1.0, 0.02)
    ray = torch.stack([torch.zeros_like(depth), depth, torch.zeros_like(depth)], -1)[None]
    hidden = grid.hidden(ray, torch.tensor(0.02), 1, transmittance=0.01)[0, 0]
    # Cells whose neighbours are all in the ball begin one or two cells within it; 40 per metre let 1 % through after
    # ln(100) / 40 metres.
    begins = float(depth[hidden][0])
    assert -0.5 + CELL + math.log(100) / 40 < begins < -0.5 + 2 * CELL + math.log(100) / 40 + 0.021
    assert hidden[depth >= begins].all() and not hidden[depth < begins].any()
    assert not grid.hidden(ray, torch.tensor(0.02), 1, transmittance=0.0).any()


def test_at_the_border_of_the_scene_nothing_hides():
    full = occupancy(40.0, 3.0, resolution=4)
    assert full.least[0, 0].eq(0).all() and full.least[0, 1:3, 1:3, 1:3].tolist() == [[[40.0] * 2] * 2] * 2
    assert full.share == 1 and full.lookup(torch.tensor([[1.0, 1.0, 1.0]]), 1).all()
    assert full.threshold == pytest.approx(0.4)


def test_bounds_are_the_box_round_each_frames_body():
    grid = occupancy(40.0, 0.2, times=(0.0, 1.0), speed=0.5)
    low, high = grid.bounds(0.0)
    cell = 2 / grid.resolution
    # A cell counts where a neighbour does.
    for axis, middle in enumerate((0.5, 0.0, 0.0)):
        assert abs(float(low[1, axis]) - (middle - 0.2)) <= 2 * cell and abs(float(high[1, axis]) - (middle + 0.2)) <= 2 * cell
    assert torch.allclose(grid.bounds(0.25)[0][0], low[0] - 0.25)
    assert Occupancy(8).bounds(0.0) is None
    empty = Occupancy(8)
    empty.bits = torch.zeros(1, 8, 8, 8, dtype=torch.bool)
    assert torch.equal(empty.bounds(0.0)[1], torch.ones(1, 3))
